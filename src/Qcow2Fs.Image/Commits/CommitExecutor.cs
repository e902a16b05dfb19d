namespace Qcow2Fs.Image.Commits;

/// <summary>Carries a plan out. The only code that writes to an image.</summary>
internal sealed class CommitExecutor(IBlockIo io)
{
    private bool _hasWritten;

    /// <summary>Carries out all steps; the change is on the medium when this returns.</summary>
    /// <exception cref="ImageException">
    /// With <see cref="ImageException.StateUnknown"/>, a write after the first one or a flush has failed. Otherwise nothing was written.
    /// </exception>
    public static void Run(CommitPlan plan, IBlockIo io)
    {
        if (plan.Steps.Length > 0)
        {
            new CommitExecutor(io).Run(plan);
        }
    }

    private void Run(CommitPlan plan)
    {
        ImageException.ThrowIf(io.Length(out var length), "cannot be measured");
        length = Extend(plan, length);
        foreach (var step in plan.Steps)
        {
            if (step is SectorWrite write)
            {
                Write(write.Offset, write.Data.Span[..(int)Math.Clamp(length - write.Offset, 0, SectorWrite.Size)]);
            }
            else
            {
                Flush();
            }
        }
    }

    /// <summary>
    /// Makes a file that ends inside what the plan writes as long as the plan needs it: its missing bytes count as zeros. As a step of its
    /// own, since a sector written across the end would take effect in two parts, bytes and length.
    /// </summary>
    private long Extend(CommitPlan plan, long length)
    {
        var needed = plan.Steps.OfType<SectorWrite>()
            .Where(write => write.Offset + SectorWrite.Size > length)
            .Select(write => write.Offset + write.Data.Span.LastIndexOfAnyExcept((byte)0) + 1)
            .Append(length).Max();

        if (needed > length)
        {
            Write(needed - 1, [0]);
            Flush();
        }

        return needed;
    }

    private void Write(long offset, ReadOnlySpan<byte> data)
    {
        while (!data.IsEmpty)
        {
            var error = io.Write(offset, data, out var written);
            if (error == 0 && written == 0)
            {
                error = Errno.EIO;
            }

            if (error is not 0 and not Errno.EINTR)
            {
                throw _hasWritten ? Failed(error, "written") : ImageException.Of(error, "cannot be written");
            }

            _hasWritten |= written > 0;
            offset += written;
            data = data[written..];
        }
    }

    private void Flush()
    {
        Errno error;
        while ((error = io.Flush()) == Errno.EINTR)
        {
            // An interrupted flush has reported no error, so that none is lost: the one case in which a flush may be repeated.
        }

        if (error != 0)
        {
            throw Failed(error, "flushed");
        }
    }

    private static ImageException Failed(Errno error, string action) =>
        new(Errno.EIO, ImageException.Of(error, $"could not be {action}, what it holds now is unknown").Message) { StateUnknown = true };
}

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
