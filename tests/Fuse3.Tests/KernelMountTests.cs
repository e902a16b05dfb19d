using Posix;

namespace Fuse3.Tests;

public class KernelMountTests
{
    /// <summary>The way for Linux before 5.8 gives the same number.</summary>
    [Theory]
    [InlineData("/")]
    [InlineData("/proc")]
    [InlineData("/dev")]
    public void The_number_of_a_mount_is_that_of_the_table(string path)
    {
        using var file = File.OpenHandle("/proc/self/mountinfo");
        Assert.Equal(MountNumbers.IdByProc(file), MountNumbers.Of(file).Id);
        var mount = KernelMount.At(NativeName.Of(path))!;
        Assert.Equal(MountTable.Find(path)!.Id, $"{mount.Numbers.Id}");
        Assert.Equal(MountTable.Find(path)!.Device, $"{mount.Numbers.DeviceMajor}:{mount.Numbers.DeviceMinor}");
        Assert.True(mount.IsInPlace());
        Assert.False(mount.IsDead());
    }

    [Fact]
    public void A_mount_that_lives_is_not_detached()
    {
        KernelMount.At(NativeName.Of("/proc"))!.DetachIfDead();
        Assert.True(File.Exists("/proc/self/exe"));
    }
}
