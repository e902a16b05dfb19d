using Qcow2Fs.Cli.Backup;
using Qcow2Fs.Cli.Pool;
using Qcow2Fs.Codec.Edits;
using Qcow2Fs.Rescue;

namespace Qcow2Fs.Cli.Commands;

/// <summary>Finds the headers of images whose first cluster is lost.</summary>
internal static class RescueCommand
{
    public static void Define(Command command)
    {
        var asJson = command.AddFlag("--json", "Print a JSON object per image.");
        var size = command.AddOption<string>("--size", "SIZE", "The virtual size, if you know it.");
        var backing = command.AddOption<string>("--backing", "FILE", "The backing file's name, if there was one.");
        var format = command.AddOption<string>("-F", "FMT", "The backing file's format.");
        var dataFile = command.AddOption<string>("--data-file", "FILE", "The external data file's name, if there was one.");
        var write = command.AddOption<string>("--write", "N", "Write candidate N to the image.");
        var output = command.AddOption<string>("--output", "FILE", "Write the best candidate to a new file.");
        var keep = command.AddOption<string>("--keep", "FILE", "With --write: where the old first cluster goes.");
        var sources = command.AddArguments("SOURCE", "An image, or a folder of images.");
        command.SetAction(parsed =>
        {
            var (file, name) = (parsed.GetValue(output), parsed.GetValue(backing));
            var number = parsed.GetValue(write) is { } candidate ? ParseNumber(candidate) : (int?)null;
            using var pool = new PoolSources(parsed.GetRequiredValue(sources));
            var wrong = (name is null) != (parsed.GetValue(format) is null) ? "--backing and -F go together"
                : number is not null && file is not null ? "--write and --output exclude each other"
                : number is null && parsed.GetValue(keep) is not null ? "--keep wants --write"
                : pool.IsPool && (number is not null || file is not null) ? "--write and --output take one image" : null;
            if (wrong is not null)
            {
                throw new CommandFailure($"{wrong}; try {CommandLine.Program} rescue --help", ExitCode.WrongUse);
            }

            var rescue = new RescueRun(new()
            {
                Size = parsed.GetValue(size) is { } text ? Arguments.ParseSize("--size", text) : null,
                BackingFile = PathText.Encode(name ?? ""),
                BackingFormat = PathText.Encode(parsed.GetValue(format) ?? ""),
                DataFile = PathText.Encode(parsed.GetValue(dataFile) ?? ""),
            })
            {
                Write = number,
                Output = file,
                Keep = parsed.GetValue(keep),
                Format = parsed.GetValue(asJson) ? RescueOutput.Json : RescueOutput.Text,
            };
            return rescue.Run(pool);
        });
    }

    private static int ParseNumber(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0 ? number
        : throw new CommandFailure(
            $"--write: '{text}' is not the number of a candidate; try {CommandLine.Program} rescue --help", ExitCode.WrongUse);
}

/// <summary>One image, what a search has found, and what was done.</summary>
/// <param name="Name">The image's name as bytes.</param>
/// <param name="Result">What was found.</param>
/// <param name="Written">The number of the candidate that was written; null if none was.</param>
/// <param name="Kept">The file that then has what stood in the first cluster.</param>
internal sealed record RescuedImage(byte[] Name, RescueResult Result, int? Written = null, string? Kept = null)
{
    /// <summary>Whether no fault is left in an image with its header, one that explains most is written, or one is the best.</summary>
    public bool IsDecided => Result.Own is { } own ? !own.HasAny
        : Written is { } number ? Result.Candidates[number - 1].ExplainsMost : Result.HasBest;
}

/// <summary>One run of rescue over its sources.</summary>
internal sealed class RescueRun(RescueOptions options)
{
    private readonly ProgressLine _progress = new();

    /// <summary>The number of the candidate to write, from 1 on; null to write none.</summary>
    public required int? Write { get; init; }

    /// <summary>The file for what stood in the first cluster; null for the one beside the image.</summary>
    public required string? Keep { get; init; }

    /// <summary>A new file for the best candidate; null for none.</summary>
    public required string? Output { get; init; }

    /// <summary>An image as text for standard output.</summary>
    public required Func<RescuedImage, string> Format { get; init; }

    /// <returns>
    /// The exit status: 1 if an image could not be read or written; 3 if one has no best candidate, or has its header but faults in its
    /// tables.
    /// </returns>
    public int Run(PoolSources sources)
    {
        using var output = new StreamWriter(StandardStreams.OpenOutput());
        var (failures, undecided) = (0, 0);
        foreach (var file in sources.Files().Where(file => file.Failure != PoolSources.NotAFile))
        {
            try
            {
                if (Rescue(file) is { } image)
                {
                    undecided += image.IsDecided ? 0 : 1;
                    _progress.Clear();
                    output.Write(Format(image));
                }
            }
            catch (Exception e)
            {
                // Also a fault of this program: it must not keep the other images from being looked at.
                _progress.Clear();
                failures++;
                CommandLine.WriteError($"{file.Text}: {CommandLine.SentenceOf(e)}");
            }
        }

        return failures > 0 ? ExitCode.Refused : undecided > 0 ? ExitCode.Found : ExitCode.Done;
    }

    /// <summary>Searches one image, and writes what was asked for; null if a walk has come to a file that is no image.</summary>
    private RescuedImage? Rescue(PoolFile file)
    {
        if (file.Failure is { } failure)
        {
            throw new CommandFailure(failure);
        }

        using var image = file.Open();
        if (Write is not null && Keep is null && image.Status.IsBlockDevice)
        {
            throw new CommandFailure(
                "the image is a block device: --write wants --keep FILE, since a file beside it would be gone after a reboot");
        }

        var header = image.ReadHeader();
        if (file.Found is not null && !header.HasMagic && !file.IsNamedLikeAnImage)
        {
            return null;
        }

        var result = RescueSearch.Run(image, header.WithoutSkip(), options, (done, all) =>
            _progress.Show(() => string.Create(CultureInfo.InvariantCulture, $"{file.Text}: {100 * done / Math.Max(1, all)}%")));
        if (Output is { } path && result is { IsHealthy: false, HasBest: true })
        {
            Create(path, stream => stream.Write(result.Candidates[0].Header.Bytes.Span));
        }

        return Write is { } number && result.Candidates is [_, ..]
            ? new(file.Name, result, number, WriteCandidate(file, image, CandidateOf(result, number)))
            : new(file.Name, result);
    }

    private static void Create(string path, Action<Stream> write)
    {
        try
        {
            NewImageFile.Create(path, write);
        }
        catch (ImageException e)
        {
            throw new CommandFailure(e.Errno == Mono.Unix.Native.Errno.EEXIST ? $"{path} already exists"
                : $"{path} cannot be written: {Marshal.GetPInvokeErrorMessage((int)e.Errno)}");
        }
    }

    private static Header CandidateOf(RescueResult result, int number) => number >= 1 && number <= result.Candidates.Length
        ? result.Candidates[number - 1].Header
        : throw new CommandFailure($"there is no candidate {number}, there are {result.Candidates.Length}");

    /// <summary>Keeps what stands in the first cluster and writes the candidate; the name of the file that was kept.</summary>
    private string WriteCandidate(PoolFile file, OpenedImage opened, Header chosen)
    {
        var old = new byte[chosen.ClusterSize];
        _ = opened.Read(0, old);
        using var image = file.ToChange();
        image.IsPatient = true;
        var commit = new CommitOptions { Window = old.Length, Owner = opened.Status };
        // An image that is in use leaves no file behind.
        image.Commit(Edit, commit with { IsTrial = true });
        var kept = Keep ?? file.Text + ".header.tar";
        try
        {
            Create(kept, archive =>
            {
                new ImageBackup(file.Name, FileIdentity.Of(opened.Status, opened.Length), old, Luks: null)
                    .WriteTo(archive, opened.Status.Mtime);
                TarWriter.WriteEnd(archive);
            });
        }
        catch (CommandFailure e)
        {
            throw new CommandFailure($"the old first cluster cannot be kept, nothing was written: {e.Message}"
                + (Keep is null ? "; --keep FILE names another file for it" : ""));
        }

        image.Commit(Edit, commit);
        return kept;

        // Under the locks.
        Header Edit(Header now) => now.Bytes.Span[..old.Length].SequenceEqual(old) ? chosen
            : throw new CommandFailure("the first cluster has changed since the search, nothing was written");
    }
}
