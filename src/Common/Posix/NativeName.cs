using System.Runtime.InteropServices.Marshalling;

namespace Posix;

/// <summary>
/// A file name or path for the C library: bytes with a zero behind them, which no other type of this code guarantees. Made once, it is
/// passed by pinning and without a copy. The default value is the empty name.
/// </summary>
[NativeMarshalling(typeof(Marshaller))]
internal readonly struct NativeName
{
    private static readonly byte[] s_empty = [0];
    private readonly byte[]? _terminated;

    private NativeName(byte[] terminated) => _terminated = terminated;

    /// <summary>The name that <see cref="PathText"/> wrote, or any text in UTF-8.</summary>
    public static NativeName Of(string name) => Of(PathText.Encode(name));

    /// <summary>The bytes, without the zero.</summary>
    public ReadOnlySpan<byte> Bytes => (_terminated ?? s_empty).AsSpan(..^1);

    /// <summary>The name whose bytes these are, without a zero.</summary>
    public static NativeName Of(ReadOnlySpan<byte> name) => new([.. name, 0]);

    /// <summary>Passes the bytes by pinning them.</summary>
    [CustomMarshaller(typeof(NativeName), MarshalMode.ManagedToUnmanagedIn, typeof(Marshaller))]
    internal static unsafe class Marshaller
    {
        public static ref readonly byte GetPinnableReference(NativeName name) => ref (name._terminated ?? s_empty)[0];

        // The form of a marshaller requires it; the pinning one is what is called.
        public static byte* ConvertToUnmanaged(NativeName name) => throw new NotSupportedException();
    }
}
