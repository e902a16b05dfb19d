using Qcow2Fs.Codec;
using Qcow2Fs.Image.Locks;
using Qcow2Fs.Image.Native;

namespace Qcow2Fs.Image.Commits;

/// <summary>One commit to an open image, which is locked as long as this object lives.</summary>
internal readonly ref struct Commit : IDisposable
{
    private readonly FileDescriptor _file;

    /// <summary>Takes the locks.</summary>
    /// <exception cref="ImageException">Busy.</exception>
    public Commit(FileDescriptor file)
    {
        _file = file;
        WriterLock.Take(file);
    }

    /// <summary>Reads, edits, plans and writes.</summary>
    public CommitResult Run(Func<Header, Header> edit, int window, Func<IBlockIo, IBlockIo> medium)
    {
        Header before;
        Header after;
        do
        {
            before = HeaderReader.Read(_file, RoundUp(window));
            after = edit(before);
            // An edit may enlarge the cluster; what the new one holds is then a part of the new header.
            window = Math.Max(after.ClusterSize, after.Bytes.Length);
        }
        while (window > before.Bytes.Length);

        after = Overlay(before, after);
        CommitExecutor.Run(CommitPlanner.Plan(before, after), medium(new FileIo(_file)));
        return new(before, after.ClusterSize < after.Bytes.Length ? Header.Decode(after.Bytes.Span[..after.ClusterSize]) : after);
    }

    /// <summary>Drops the locks.</summary>
    public void Dispose() => WriterLock.Release(_file);

    // Bytes that the edit does not return stay as they are.
    private static Header Overlay(Header before, Header after)
    {
        if (after.Bytes.Length == before.Bytes.Length)
        {
            return after;
        }

        var bytes = before.Bytes.ToArray();
        after.Bytes.CopyTo(bytes);
        return Header.Decode(bytes);
    }

    private static int RoundUp(int size) => checked(size + SectorWrite.Size - 1) & -SectorWrite.Size;
}
