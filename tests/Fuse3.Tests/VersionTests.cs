using Fuse3.Native;

namespace Fuse3.Tests;

public class VersionTests
{
    [Theory]
    [InlineData("3.10.5", 0)]
    [InlineData("3.11.0", 0x80)]
    [InlineData("3.14.0", 0x80)]
    [InlineData("3.14.1", 0x100)]
    [InlineData("3.16.2", 0x100)]
    [InlineData("3.17.1-rc0", 0x80)]
    [InlineData("3.18.0", 0x80)]
    [InlineData("4.0.0", 0)]
    [InlineData("unknown", 0)]
    [InlineData(null, 0)]
    public void The_noflush_bit_follows_the_version(string? version, uint mask)
        => Assert.Equal(mask, FileInfoLayout.NoFlushOf(LibFuse.ParseVersion(version)));

    [Theory]
    [InlineData("3.14", "3.14.0")]
    [InlineData("3.18.0-rc0", "3.18.0")]
    [InlineData("3.17.1", "3.17.1")]
    public void Versions_have_three_numbers(string text, string version) =>
        Assert.Equal(Version.Parse(version), LibFuse.ParseVersion(text));
}
