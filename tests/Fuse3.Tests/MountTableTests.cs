using System.Text;

namespace Fuse3.Tests;

public class MountTableTests
{
    private static readonly string[] s_lines =
    [
        "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw",
        "30 22 0:40 / /mnt/a\\040b\\134c rw,nosuid shared:9 master:2 - fuse.first name rw",
        "31 22 0:41 / /mnt/plain rw - tmpfs tmpfs rw",
        "32 31 0:42 / /mnt/plain rw - fuse.second x\\054y rw",
        "33 31 0:43 / /mnt/c\rd rw - fuse.third x rw",
        "a line that means nothing",
    ];

    [Theory]
    [InlineData("/", "ext4")]
    [InlineData(@"/mnt/a b\c", "fuse.first")]
    [InlineData("/mnt/plain", "fuse.second")]
    [InlineData("/mnt/c\rd", "fuse.third")]
    [InlineData("/mnt", null)]
    public void The_topmost_mount_counts(string path, string? type)
        => Assert.Equal(type, MountTable.Find(MountTable.Parse(Encoding.UTF8.GetBytes(string.Join('\n', s_lines))), path)?.Type);
}
