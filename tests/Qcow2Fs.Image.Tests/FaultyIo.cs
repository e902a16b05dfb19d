using Mono.Unix.Native;
using Qcow2Fs.Image.Commits;

namespace Qcow2Fs.Image.Tests;

/// <summary>What goes wrong at one call.</summary>
public enum Fault
{
    InputOutput,
    NoSpace,
    Interrupted,
    ShortWrite,

    /// <summary>From that call on, all fail.</summary>
    Dead,
}

/// <summary>A medium in memory that counts its calls and lets one of them go wrong. Cuts and grows as a file does.</summary>
internal sealed class FaultyIo(byte[] content, Fault fault, int faultAt) : IBlockIo
{
    private byte[] _content = content;

    /// <summary>What a reader sees, flushed or not.</summary>
    public ReadOnlySpan<byte> Content => _content;

    /// <summary>Calls of Write and Flush so far.</summary>
    public int Calls { get; private set; }

    /// <summary>The calls: w with offset and length, f, t with the length.</summary>
    public List<string> Log { get; } = [];

    /// <summary>What got to the medium, as the steps of a plan.</summary>
    public List<CommitStep> Steps { get; } = [];

    public Errno Length(out long length)
    {
        length = _content.Length;
        return 0;
    }

    public Errno Write(long offset, ReadOnlySpan<byte> data, out int written)
    {
        var isFaulty = IsFaulty();
        written = 0;
        if (isFaulty && fault != Fault.ShortWrite)
        {
            return ErrnoOf(fault);
        }

        written = isFaulty ? Math.Max(1, data.Length / 3) : data.Length;
        Log.Add($"w{offset}+{written}");
        if (_content.Length < offset + written)
        {
            Array.Resize(ref _content, (int)offset + written);
        }

        data[..written].CopyTo(_content.AsSpan((int)offset));
        Steps.Add(new SectorWrite(offset, default, data[..written].ToArray()));
        return 0;
    }

    public Errno Flush()
    {
        Log.Add("f");
        Steps.Add(Commits.Flush.Instance);
        return IsFaulty() && fault != Fault.ShortWrite ? ErrnoOf(fault) : 0;
    }

    public Errno Truncate(long length)
    {
        Log.Add($"t{length}");
        Array.Resize(ref _content, (int)length);
        return 0;
    }

    private bool IsFaulty() => Calls++ is var call && (call == faultAt || (fault == Fault.Dead && faultAt >= 0 && call > faultAt));

    private static Errno ErrnoOf(Fault fault) => fault switch
    {
        Fault.NoSpace => Errno.ENOSPC,
        Fault.Interrupted => Errno.EINTR,
        _ => Errno.EIO,
    };
}
