namespace Qcow2Fs.Image.Commits;

/// <summary>Carries a plan out. The only code that writes to an image.</summary>
internal sealed class CommitExecutor
{
    private readonly ImmutableArray<CommitStep> _steps;
    private readonly IBlockIo _io;
    private readonly long _oldLength;
    private readonly long _length;

    private CommitExecutor(CommitPlan plan, IBlockIo io)
    {
        (_steps, _io) = (plan.Steps, io);
        ImageException.ThrowIf(io.Length(out _oldLength), "cannot be measured");
        _length = _steps.OfType<SectorWrite>()
            .Where(write => write.Offset + SectorWrite.Size > _oldLength)
            .Select(write => write.Offset + write.New.Span.LastIndexOfAnyExcept((byte)0) + 1)
            .Append(_oldLength).Max();
    }

    /// <summary>Carries out all steps; the change is on the medium when this returns.</summary>
    /// <exception cref="ImageException">
    /// A write failed, and what was written before was put back: the file is as it was. With <see cref="ImageException.StateUnknown"/>,
    /// that failed too, or a flush did.
    /// </exception>
    public static void Run(CommitPlan plan, IBlockIo io)
    {
        if (plan.Steps.Length > 0)
        {
            new CommitExecutor(plan, io).Run();
        }
    }

    private void Run()
    {
        Extend();
        for (var i = 0; i < _steps.Length; i++)
        {
            if (_steps[i] is not SectorWrite write)
            {
                Flush();
            }
            else if (_io.WriteAll(write.Offset, Cut(write.New, write.Offset), out var written) is var error && error != 0)
            {
                Undo(i, written);
                throw ImageException.Of(error, "cannot be written");
            }
        }
    }

    /// <summary>
    /// Makes a file that ends inside what the plan writes as long as the plan needs it: its missing bytes count as zeros. As a step of its
    /// own, since a sector written across the end would take effect in two parts, bytes and length.
    /// </summary>
    private void Extend()
    {
        if (_length > _oldLength)
        {
            ImageException.ThrowIf(_io.WriteAll(_length - 1, [0], out _), "cannot be written");
            Flush();
        }
    }

    /// <summary>
    /// Goes back the way that was come, from a write that failed: on a full disk a sector may be a hole for which there is no room. A crash
    /// on the way back leaves a state that a crash on the way here could have left, because the phases are undone with flushes between.
    /// </summary>
    private void Undo(int failed, int written)
    {
        if (failed == 0 && written == 0 && _length == _oldLength)
        {
            return;
        }

        PutBack((SectorWrite)_steps[failed], written);
        foreach (var step in _steps[..failed].Reverse())
        {
            if (step is SectorWrite write)
            {
                PutBack(write, SectorWrite.Size);
            }
            else
            {
                Flush();
            }
        }

        // Nobody else has enlarged it meanwhile: that would not be this commit's to undo.
        if (_length > _oldLength && _io.Length(out var length) == 0 && length == _length)
        {
            Flush();
            ThrowUnknownIf(_io.Truncate(_oldLength), "cut");
        }

        Flush();
    }

    private void PutBack(SectorWrite write, int length)
    {
        var old = Cut(write.Old, write.Offset);
        ThrowUnknownIf(_io.WriteAll(write.Offset, old[..Math.Min(length, old.Length)], out _), "written");
    }

    private ReadOnlySpan<byte> Cut(ReadOnlyMemory<byte> sector, long offset) =>
        sector.Span[..(int)Math.Clamp(_length - offset, 0, SectorWrite.Size)];

    private void Flush()
    {
        Errno error;
        while ((error = _io.Flush()) == Errno.EINTR)
        {
            // An interrupted flush has reported no error, so that none is lost: the one case in which a flush may be repeated.
        }

        ThrowUnknownIf(error, "flushed");
    }

    private static void ThrowUnknownIf(Errno error, string action)
    {
        if (error != 0)
        {
            var sentence = ImageException.Of(error, $"could not be {action}, what it holds now is unknown").Message;
            throw new ImageException(Errno.EIO, sentence) { StateUnknown = true };
        }
    }
}
