using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Fuse3.Native;

/// <summary>libfuse's <c>fuse_fill_dir_t</c> and the buffer it fills.</summary>
internal readonly unsafe struct DirectoryFiller(void* buffer, delegate* unmanaged[Cdecl]<void*, byte*, byte*, long, int, int> fill)
{
    /// <summary>At least the size of struct stat on any architecture.</summary>
    private const int StatRoom = 144;

    /// <summary>Adds a name that the caller has checked.</summary>
    /// <returns>False when the buffer is full.</returns>
    [SkipLocalsInit]
    public bool Add(ReadOnlySpan<byte> name, long nextOffset, uint mode)
    {
        Span<byte> text = stackalloc byte[DirectoryContent.MaxNameLength + 1];
        name.CopyTo(text);
        text[name.Length] = 0;
        Span<byte> stat = stackalloc byte[StatRoom];
        stat.Clear();
        MemoryMarshal.Write(stat[StatLayout.Current.Mode..], mode);
        fixed (byte* textStart = text, statStart = stat)
        {
            return fill(buffer, textStart, statStart, nextOffset, 0) == 0;
        }
    }
}
