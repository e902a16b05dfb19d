using System.Runtime.CompilerServices;

namespace Fuse3.Native;

/// <summary>Turns C pointers into spans. A null pointer becomes an empty span.</summary>
internal static unsafe class Marshalling
{
    public static ReadOnlySpan<byte> Text(nint text) => MemoryMarshal.CreateReadOnlySpanFromNullTerminated((byte*)text);

    public static FuseFileInfo FileInfo(nint info) => info == 0 ? default : new FuseFileInfo(Bytes(info, FileInfoLayout.ViewSize));

    /// <summary>A span holds at most 2 GiB, a FUSE request at most 1 MiB: nothing is cut.</summary>
    public static Span<byte> Bytes(nint start, nuint size) => new((void*)start, (int)nuint.Min(size, int.MaxValue));

    /// <summary>libfuse trusts counts: one beyond the buffer would send memory of this process to a program.</summary>
    public static int CheckCount(int result, int limit) => result <= limit
        ? result
        : throw new InvalidOperationException($"The file system returned {result} for a buffer of {limit} bytes.");
}

/// <summary>libfuse's <c>fuse_fill_dir_t</c> and the buffer it fills.</summary>
internal readonly unsafe struct DirectoryFiller(nint buffer, nint fill)
{
    /// <summary>At least the size of struct stat on any architecture.</summary>
    private const int MaxStatSize = 144;

    /// <summary>Adds a valid name; false when the buffer is full.</summary>
    [SkipLocalsInit]
    public bool Add(ReadOnlySpan<byte> name, long nextOffset, uint mode)
    {
        Span<byte> text = stackalloc byte[DirectoryContent.MaxNameLength + 1];
        name.CopyTo(text);
        text[name.Length] = 0;
        Span<byte> stat = stackalloc byte[MaxStatSize];
        stat.Clear();
        MemoryMarshal.Write(stat[StatLayout.Current.Mode..], mode);
        fixed (byte* textStart = text, statStart = stat)
        {
            return ((delegate* unmanaged<nint, byte*, byte*, long, int, int>)fill)(buffer, textStart, statStart, nextOffset, 0) == 0;
        }
    }
}

/// <summary>A C <c>argv</c> in native memory.</summary>
internal sealed unsafe class ArgumentVector : IDisposable
{
    private readonly byte** _values;

    public ArgumentVector(params ReadOnlySpan<NativeName> arguments)
    {
        Count = arguments.Length;
        _values = (byte**)NativeMemory.AllocZeroed((nuint)Count + 1, (nuint)sizeof(byte*));
        for (var i = 0; i < Count; i++)
        {
            var bytes = arguments[i].Bytes;
            _values[i] = (byte*)NativeMemory.AllocZeroed((nuint)bytes.Length + 1);
            bytes.CopyTo(new(_values[i], bytes.Length));
        }
    }

    public int Count { get; }

    /// <summary>For libfuse, which may replace the array but does not free it.</summary>
    public LibFuse.Arguments View => new() { Count = Count, Values = _values, Allocated = 0 };

    public void Dispose()
    {
        for (var i = 0; i < Count; i++)
        {
            NativeMemory.Free(_values[i]);
        }

        NativeMemory.Free(_values);
    }
}
