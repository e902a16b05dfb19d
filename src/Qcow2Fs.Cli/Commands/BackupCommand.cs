using Qcow2Fs.Cli.Backup;
using Qcow2Fs.Cli.Pool;

namespace Qcow2Fs.Cli.Commands;

/// <summary>Writes the first clusters of many images to standard output, as a tar archive.</summary>
internal static class BackupCommand
{
    public static void Define(Command command)
    {
        var sources = command.AddArguments("SOURCE", "Images, or folders of images.");
        command.SetAction(parsed => Run(parsed.GetRequiredValue(sources)));
    }

    private static int Run(string[] names)
    {
        if (!Console.IsOutputRedirected)
        {
            throw new CommandFailure(
                $"standard output is a terminal; write a file: {CommandLine.Program} backup SOURCE... > FILE.tar", ExitCode.WrongUse);
        }

        using var sources = new PoolSources(names);
        using var archive = new BufferedStream(StandardStreams.OpenOutput(isWhole: true), 1 << 16);
        var progress = new ProgressLine();
        // The same image by two names, or given twice, is kept once.
        var known = new HashSet<(ulong, ulong)>();
        var (images, failures) = (0, 0);
        foreach (var file in sources.Files())
        {
            var (isImage, words) = Add(file);
            images += isImage ? 1 : 0;
            if (words is { } sentence)
            {
                progress.Clear();
                failures += sentence.IsFailure ? 1 : 0;
                CommandLine.WriteError($"{file.Text}: {sentence.Text}");
            }

            progress.Show(Summary);
        }

        TarWriter.WriteEnd(archive);
        archive.Flush();
        progress.Clear();
        if (sources.IsPool)
        {
            StandardStreams.WriteError(Summary());
        }

        return failures > 0 ? ExitCode.Refused : ExitCode.Done;

        string Summary() => $"{images} {(images == 1 ? "image" : "images")}" + (failures > 0 ? $", {failures} refused" : "");

        (bool IsImage, (string Text, bool IsFailure)? Words) Add(PoolFile file)
        {
            if (file.Failure == PoolSources.NotAFile)
            {
                return (false, file.IsNamedLikeAnImage ? ($"skipped: {file.Failure}", false) : null);
            }

            try
            {
                if (file.Failure is { } failure)
                {
                    throw new CommandFailure(failure);
                }

                using var opened = file.Open();
                var header = opened.ReadHeader();
                if (!header.HasMagic)
                {
                    return (false, (PoolSources.NotAnImage, file.Found is null));
                }

                if (!known.Add((opened.Status.Device, opened.Status.Inode)))
                {
                    return (false, null);
                }

                var image = ImageBackup.Read(file.Name, opened, header, out var problem);
                image.WriteTo(archive, opened.Status.Mtime);
                return (true, problem is null ? null : ($"its LUKS header is not in the backup: it {problem}", true));
            }
            catch (Exception e) when (e is ImageException or CommandFailure)
            {
                return (true, (CommandLine.SentenceOf(e), true));
            }
        }
    }
}
