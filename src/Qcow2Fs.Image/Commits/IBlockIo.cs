namespace Qcow2Fs.Image.Commits;

/// <summary>The calls of a commit on an image file: the seam at which tests let every call fail.</summary>
internal interface IBlockIo
{
    /// <summary>Bytes of the file.</summary>
    Errno Length(out long length);

    /// <summary>One write at an offset, which may be interrupted (EINTR) or write less than asked for.</summary>
    Errno Write(long offset, ReadOnlySpan<byte> data, out int written);

    /// <summary>Everything written before is on the medium when this returns 0.</summary>
    Errno Flush();
}
