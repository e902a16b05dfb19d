namespace Qcow2Fs.Image.Commits;

/// <summary>The calls of a commit on an image file: the seam at which tests let every call fail.</summary>
internal interface IBlockIo
{
    /// <summary>Bytes of the file.</summary>
    Errno Length(out long length);

    /// <summary>One write at an offset, which may be interrupted (EINTR) or write less than asked for.</summary>
    Errno Write(long offset, ReadOnlySpan<byte> data, out int written);

    /// <summary>Makes the file that short.</summary>
    Errno Truncate(long length);

    /// <summary>Everything written before is on the medium when this returns 0.</summary>
    Errno Flush();
}

internal static class BlockIo
{
    /// <summary>Writes all of the data at an offset; after an error so many bytes of it.</summary>
    public static Errno WriteAll(this IBlockIo io, long offset, ReadOnlySpan<byte> data, out int written)
    {
        written = 0;
        while (written < data.Length)
        {
            var error = io.Write(offset + written, data[written..], out var count);
            if (error == 0 && count == 0)
            {
                error = Errno.EIO;
            }

            if (error is not 0 and not Errno.EINTR)
            {
                return error;
            }

            written += count;
        }

        return 0;
    }
}
