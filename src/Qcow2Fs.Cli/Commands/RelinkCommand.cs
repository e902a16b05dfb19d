using Qcow2Fs.Cli.Pool;
using Qcow2Fs.Codec.Edits;

namespace Qcow2Fs.Cli.Commands;

/// <summary>Changes a folder in the names of backing and data files of many images. A refusal does not stop the others.</summary>
internal static class RelinkCommand
{
    public static void Define(Command command)
    {
        var isTrial = command.AddFlag("-n", "Change nothing, only print what would be done.");
        var old = command.AddArgument("OLD", "A folder, or a whole name, as it stands in the images.");
        var @new = command.AddArgument("NEW", "What takes its place.");
        var sources = command.AddArguments("SOURCE", "Images, or folders of images.");
        command.SetAction(parsed =>
        {
            var change = new NameChange(parsed.GetRequiredValue(old), parsed.GetRequiredValue(@new));
            return Run(parsed.GetRequiredValue(sources), change, parsed.GetValue(isTrial));
        });
    }

    private static int Run(string[] names, NameChange change, bool isTrial)
    {
        using var sources = new PoolSources(names);
        using var output = new StreamWriter(StandardStreams.OpenOutput());
        var progress = new ProgressLine();
        var (skipped, refused) = (new List<string>(), new List<string>());
        var (images, changed) = (0, 0);
        var results = OrderedParallel.SelectWaiting(sources.Files(), file => Relink(file, change, isTrial));
        foreach (var (file, isImage, lines, refusal) in results)
        {
            images += isImage ? 1 : 0;
            changed += lines.Length > 0 ? 1 : 0;
            if (refusal is not null)
            {
                (isImage ? refused : skipped).Add($"{file.Text}: {refusal}");
            }

            if (lines.Length > 0)
            {
                progress.Clear();
                output.Write(lines);
            }

            progress.Show(Summary);
        }

        output.Flush();
        progress.Clear();
        skipped.ForEach(CommandLine.WriteError);
        refused.ForEach(CommandLine.WriteError);
        if (sources.IsPool)
        {
            StandardStreams.WriteError(Summary());
        }

        return refused.Count > 0 ? ExitCode.Refused : ExitCode.Done;

        string Summary() => $"{images} {(images == 1 ? "image" : "images")}: {changed} {(isTrial ? "would be changed" : "changed")}"
            + (refused.Count > 0 ? $", {refused.Count} refused" : "");
    }

    // Runs on any thread.
    private static (PoolFile File, bool IsImage, string Lines, string? Refusal) Relink(PoolFile file, NameChange change, bool isTrial)
    {
        if (file.Failure == PoolSources.NotAFile)
        {
            return (file, false, "", null);
        }

        try
        {
            if (file.Failure is { } failure)
            {
                throw new CommandFailure(failure);
            }

            using (var opened = file.Open())
            {
                var header = opened.ReadHeader();
                if (!header.HasMagic)
                {
                    return file.Found is null ? throw new CommandFailure("is not a qcow2 image")
                        : (file, false, "", file.IsNamedLikeAnImage ? PoolSources.NotAnImage : null);
                }

                if (!change.Changes(header.WithoutSkip()).Any())
                {
                    return (file, true, "", null);
                }
            }

            var lines = "";
            using var image = file.ToChange();
            image.IsPatient = true;
            image.Commit(
                before =>
                {
                    // Under the locks, on what the image has now.
                    before = before.WithoutSkip();
                    lines = string.Concat(change.Changes(before).Select(c => PrintableText.Of(
                        $"{file.Text}: {c.Subject}: '{c.Old}' -> '{c.New}'") + "\n"));
                    return change.Apply(before);
                },
                new() { IsTrial = isTrial });
            return (file, true, lines, null);
        }
        catch (Exception e)
        {
            // Also a fault of this program: it must not keep the other images from being changed.
            return (file, true, "", CommandLine.SentenceOf(e));
        }
    }
}
