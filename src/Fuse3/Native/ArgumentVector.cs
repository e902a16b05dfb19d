using System.Runtime.InteropServices;

namespace Fuse3.Native;

/// <summary>A C <c>argv</c> in native memory.</summary>
internal sealed unsafe class ArgumentVector : IDisposable
{
    private readonly byte** _values;

    public ArgumentVector(params ReadOnlySpan<string> arguments)
    {
        Count = arguments.Length;
        _values = (byte**)NativeMemory.AllocZeroed((nuint)Count + 1, (nuint)sizeof(byte*));
        for (var i = 0; i < Count; i++)
        {
            _values[i] = (byte*)Marshal.StringToCoTaskMemUTF8(arguments[i]);
        }
    }

    public int Count { get; }

    /// <summary>A view that libfuse may replace but does not own.</summary>
    public LibFuse.Arguments View => new() { Count = Count, Values = _values, Allocated = 0 };

    public void Dispose()
    {
        for (var i = 0; i < Count; i++)
        {
            Marshal.FreeCoTaskMem((nint)_values[i]);
        }

        NativeMemory.Free(_values);
    }
}
