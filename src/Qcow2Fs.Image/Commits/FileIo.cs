using Mono.Unix.Native;
using Qcow2Fs.Image.Native;

namespace Qcow2Fs.Image.Commits;

/// <summary>The image file itself.</summary>
internal sealed class FileIo(FileDescriptor file) : IBlockIo
{
    public Errno Length(out long length) => file.Length(out length);

    public Errno Write(long offset, ReadOnlySpan<byte> data, out int written) => file.Write(offset, data, out written);

    public Errno Flush() => file.Flush();
}
