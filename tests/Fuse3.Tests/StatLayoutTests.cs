using System.Globalization;
using Fuse3.Native;

namespace Fuse3.Tests;

/// <summary>The bytes of struct stat on both architectures, whatever machine the test runs on.</summary>
public class StatLayoutTests
{
    private static readonly FileStat s_stat = new()
    {
        Mode = 0x81A4,
        LinkCount = 3,
        UserId = 0x11,
        GroupId = 0x22,
        Size = 0x123456789A,
        Blocks = 7,
        BlockSize = 4096,
        AccessTime = new(1, 2),
        ModifyTime = new(3, 4),
        ChangeTime = new(5, 6),
    };

    public static TheoryData<string, int, string> Expected { get; } = new()
    {
        // The kernel's headers arch/x86/include/uapi/asm/stat.h and include/uapi/asm-generic/stat.h: offset of a field and its bytes.
        { "x64", 144, "16:0300000000000000 24:A4810000 28:11000000 32:22000000 48:9A78563412000000 56:0010000000000000 "
            + "64:0700000000000000 72:01 80:02 88:03 96:04 104:05 112:06" },
        { "arm64", 128, "16:A4810000 20:03000000 24:11000000 28:22000000 48:9A78563412000000 56:00100000 "
            + "64:0700000000000000 72:01 80:02 88:03 96:04 104:05 112:06" },
    };

    [Theory]
    [MemberData(nameof(Expected))]
    public void Every_byte_is_written(string architecture, int size, string fields)
    {
        var expected = new byte[size];
        foreach (var field in fields.Split(' '))
        {
            var colon = field.IndexOf(':', StringComparison.Ordinal);
            Convert.FromHexString(field[(colon + 1)..]).CopyTo(expected, int.Parse(field[..colon], CultureInfo.InvariantCulture));
        }

        byte[] actual = [.. Enumerable.Repeat((byte)0xEE, size + 1)];
        (architecture == "x64" ? StatLayout.X64 : StatLayout.Arm64).Write(actual, s_stat);

        Assert.Equal(expected, actual[..size]);
        Assert.Equal(0xEE, actual[size]);
    }
}
