namespace Fuse3;

/// <summary>A time as the kernel counts it: seconds since 1970-01-01 UTC plus nanoseconds (C <c>struct timespec</c>).</summary>
/// <param name="Seconds">Seconds since the Unix epoch; negative before it.</param>
/// <param name="Nanoseconds">0 to 999,999,999, or a special value of utimensat(2): <see cref="IsNow"/>, <see cref="IsOmit"/>.</param>
public readonly record struct TimeSpec(long Seconds, long Nanoseconds)
{
    private const long UtimeNow = (1L << 30) - 1;
    private const long UtimeOmit = (1L << 30) - 2;

    /// <summary>The caller asks for the current time (UTIME_NOW, utimensat(2)); <see cref="Seconds"/> is ignored.</summary>
    public bool IsNow => Nanoseconds == UtimeNow;

    /// <summary>The caller asks to leave this time as it is (UTIME_OMIT, utimensat(2)); <see cref="Seconds"/> is ignored.</summary>
    public bool IsOmit => Nanoseconds == UtimeOmit;

    /// <summary>Converts a point in time; the resolution of the result is 100 ns.</summary>
    /// <param name="time">Any time; its offset is taken into account.</param>
    public static TimeSpec From(DateTimeOffset time)
    {
        (var seconds, var ticks) = Math.DivRem(time.UtcTicks - DateTimeOffset.UnixEpoch.Ticks, TimeSpan.TicksPerSecond);
        return ticks < 0
            ? new TimeSpec(seconds - 1, (ticks + TimeSpan.TicksPerSecond) * TimeSpan.NanosecondsPerTick)
            : new TimeSpec(seconds, ticks * TimeSpan.NanosecondsPerTick);
    }
}
