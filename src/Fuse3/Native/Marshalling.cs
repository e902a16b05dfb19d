using System.Runtime.InteropServices;

namespace Fuse3.Native;

/// <summary>Turns C pointers into spans. A null pointer becomes an empty span.</summary>
internal static unsafe class Marshalling
{
    public static ReadOnlySpan<byte> Text(byte* text) => MemoryMarshal.CreateReadOnlySpanFromNullTerminated(text);

    public static FuseFileInfo FileInfo(byte* info)
        => info == null ? default : new FuseFileInfo(new Span<byte>(info, FileInfoLayout.ViewSize));

    /// <summary>Spans hold at most 2 GiB; FUSE requests hold at most 1 MiB, so nothing is lost.</summary>
    public static Span<byte> Buffer(byte* start, nuint size) => new(start, (int)nuint.Min(size, int.MaxValue));

    /// <summary>libfuse trusts counts; one beyond the buffer would send foreign memory to a program.</summary>
    public static int CheckCount(int result, int limit)
        => result <= limit ? result : throw new InvalidOperationException($"The file system returned {result} for a buffer of {limit} bytes.");
}
