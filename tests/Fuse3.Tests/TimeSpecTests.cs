namespace Fuse3.Tests;

public class TimeSpecTests
{
    [Theory]
    [InlineData(0, 0, 0)]
    [InlineData(1, 0, 100)]
    [InlineData(10_000_001, 1, 100)]
    [InlineData(-1, -1, 999_999_900)]
    [InlineData(-10_000_000, -1, 0)]
    public void Ticks_become_seconds_and_nanoseconds(long ticks, long seconds, long nanoseconds)
        => Assert.Equal(new TimeSpec(seconds, nanoseconds), TimeSpec.From(DateTimeOffset.UnixEpoch.AddTicks(ticks)));
}
