using Qcow2Fs.Cli.Backup;
using Qcow2Fs.Cli.Pool;
using NativeErrno = Mono.Unix.Native.Errno;

namespace Qcow2Fs.Cli.Commands;

/// <summary>Puts the first clusters of an archive back that backup has written. A refusal does not stop the others.</summary>
internal static class RestoreCommand
{
    public static void Define(Command command)
    {
        var isTrial = command.AddFlag("-n", "Change nothing, only print what would be restored.");
        var force = command.AddFlag(Arguments.ForceName, "Restore to a copy, or to a file that has become shorter.");
        var archive = command.AddArgument("FILE", "What backup has written; - is standard input.");
        var images = command.AddArguments("IMAGE", "Only these [default: those below the working directory].");
        images.Arity = ArgumentArity.ZeroOrMore;
        images.DefaultValueFactory = _ => [];
        command.SetAction(parsed => new Restore(parsed.GetValue(isTrial), parsed.GetValue(force))
            .Run(Arguments.RequireNotEmpty(parsed.GetRequiredValue(archive), "FILE"), parsed.GetRequiredValue(images)));
    }
}

/// <summary>One run of restore over its archive.</summary>
internal sealed class Restore(bool isTrial, bool isForced)
{
    // What an archive has of an image is held in memory until it is written, with what it replaces: at most 20 MiB.
    private const int Window = 8;

    private readonly List<string> _refused = [];
    private readonly ProgressLine _progress = new();
    private int _images;
    private int _restored;
    private int _skipped;
    private bool _isNamed;

    /// <returns>The exit status.</returns>
    public int Run(string archive, string[] names)
    {
        _isNamed = names.Length > 0;
        using var targets = new RestoreTargets(names, isForced);
        using var output = new StreamWriter(StandardStreams.OpenOutput());
        foreach (var (name, lines, refusal) in OrderedParallel.SelectWaiting(Jobs(archive, targets), Work, Window))
        {
            _images++;
            _restored += lines is [] ? 0 : 1;
            if (refusal is not null)
            {
                _refused.Add($"{name}: {refusal}");
            }

            foreach (var line in lines)
            {
                _progress.Clear();
                output.Write(PrintableText.Of($"{name}: {line}") + "\n");
            }

            _progress.Show(Summary);
        }

        output.Flush();
        _progress.Clear();
        _refused.AddRange(targets.Left);
        if (_images + _refused.Count == 0)
        {
            _refused.Add($"{archive}: has no backup of an image");
        }

        _refused.ForEach(CommandLine.WriteError);
        if (names.Length != 1)
        {
            StandardStreams.WriteError(Summary());
        }

        return _refused.Count > 0 ? ExitCode.Refused : ExitCode.Done;
    }

    private string Summary() => $"{_images} {(_images == 1 ? "image" : "images")}: "
        + $"{_restored} {(isTrial ? "would be restored" : "restored")}"
        + (_refused.Count > 0 ? $", {_refused.Count} refused" : "")
        + (_skipped > 0 ? $", {_skipped} {(_skipped == 1 ? "entry" : "entries")} of the archive skipped" : "");

    // What goes wrong in the archive ends it, and what has been read before is still restored.
    private IEnumerable<Job> Jobs(string archive, RestoreTargets targets)
    {
        using var input = archive == PoolSources.StandardInput ? StandardStreams.OpenInput() : null;
        using var file = input is null ? Open(archive) : null;
        var position = 0L;
        var reader = new TarReader(buffer =>
        {
            var count = input?.Read(buffer) ?? file!.Read(position, buffer);
            position += count;
            return count;
        });
        using var backups = ImageBackup.ReadAll(reader, isForced, () => _skipped++).GetEnumerator();
        while (true)
        {
            try
            {
                if (!backups.MoveNext())
                {
                    break;
                }
            }
            catch (Exception e) when (e is CommandFailure or IOException)
            {
                _refused.Add($"{archive}: {CommandLine.SentenceOf(e)}");
                break;
            }

            if (JobOf(backups.Current, targets) is { } job)
            {
                yield return job;
            }
        }
    }

    private static OpenedImage Open(string archive)
    {
        try
        {
            return OpenedImage.At(archive);
        }
        catch (ImageException e)
        {
            throw new CommandFailure(e.Errno == NativeErrno.EINVAL ? $"{archive}: is no file; - is standard input"
                : $"{archive}: cannot be opened: {Marshal.GetPInvokeErrorMessage((int)e.Errno)}");
        }
    }

    private static Job? JobOf(ImageBackup backup, RestoreTargets targets)
    {
        var name = "";
        try
        {
            return targets.Find(backup, out name) is { } image ? new(backup, name, image, null) : null;
        }
        catch (CommandFailure e)
        {
            return new(backup, name, null, e.Message);
        }
    }

    // Runs on any thread.
    private (string Name, IReadOnlyList<string> Lines, string? Refusal) Work(Job job)
    {
        try
        {
            return job.Image is null ? (job.Name, [], job.Refusal) : (job.Name, Put(job.Backup, job.Image), null);
        }
        catch (ImageException e) when (e.Errno is NativeErrno.ELOOP or NativeErrno.EXDEV)
        {
            return (job.Name, [], "a symbolic link, or another file system, is on the way; name the image: restore FILE.tar IMAGE");
        }
        catch (Exception e)
        {
            // Also a fault of this program: it must not keep the other images from being restored.
            return (job.Name, [], CommandLine.SentenceOf(e));
        }
    }

    private IReadOnlyList<string> Put(ImageBackup backup, ImageFile image)
    {
        image.IsPatient = true;
        var status = image.StatusForWriting();
        var length = status.IsBlockDevice ? image.Length() : status.Size;
        if (!isForced && backup.Identity.Difference(FileIdentity.Of(status, length)) is { } difference)
        {
            throw new CommandFailure(difference);
        }

        var header = Header.Decode(backup.Cluster);
        if (!header.HasMagic && !_isNamed)
        {
            throw new CommandFailure(
                "the archive has no qcow2 header for it; to write what it has, name the image: restore FILE.tar IMAGE");
        }

        if (header.ClusterSize != backup.Cluster.Length)
        {
            throw new CommandFailure($"the archive has {backup.Cluster.Length} bytes of a first cluster of {header.ClusterSize}");
        }

        (long, byte[])? luks = backup.Luks is null ? null
            : LuksArea.Of(header, out _) is { } area && area.Length == backup.Luks.Length ? (area.Offset, backup.Luks)
            : throw new CommandFailure("the archive has a LUKS header that its first cluster does not name");
        if (Has(image, 0, backup.Cluster) && (luks is not var (offset, bytes) || Has(image, offset, bytes)))
        {
            // Also an image in use, which nobody can lock.
            return [];
        }

        var (before, after, changesLuks) = image.Restore(backup.Cluster, luks, new() { Owner = status, IsTrial = isTrial });
        var lines = HeaderDifference.Of(before, after);
        return changesLuks ? [.. lines, "encryption: other bytes of the LUKS header"] : [.. lines];
    }

    // In windows: eight images at once have as much in memory already as they may.
    private static bool Has(ImageFile image, long offset, ReadOnlySpan<byte> bytes)
    {
        var window = new byte[1 << 16];
        for (var at = 0; at < bytes.Length; at += window.Length)
        {
            var part = bytes[at..Math.Min(bytes.Length, at + window.Length)];
            if (image.Read(offset + at, window.AsSpan(..part.Length)) != part.Length || !part.SequenceEqual(window.AsSpan(..part.Length)))
            {
                return false;
            }
        }

        return true;
    }

    private sealed record Job(ImageBackup Backup, string Name, ImageFile? Image, string? Refusal);
}
