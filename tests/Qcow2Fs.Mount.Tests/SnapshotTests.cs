namespace Qcow2Fs.Mount.Tests;

[Trait("Category", "Slow")]
public class SnapshotTests
{
    [Fact]
    public void Snapshots_and_bitmaps_are_what_QEMU_made_and_come_and_go_with_it()
    {
        using var mount = MountedImage.Of("everything");
        Assert.Equal("b\n0\ns\n", mount.Do("ls bitmaps snapshots | grep -v : | grep .; cat snapshots/0/name"));
        Assert.Equal("1\nlonger name\n", mount.Do("qemu-img snapshot -c 'longer name' $I; cat snapshots/1/name | sed 's/^/1\\n/'"));
        Assert.Equal("0\n", mount.Do("qemu-img snapshot -d s $I; ls snapshots"));
        Assert.Equal("b\nc d\n", mount.Do("qemu-img bitmap --add $I 'c d'; ls bitmaps"));
    }

    [Theory]
    [InlineData("echo x > snapshots/0/name", "Permission denied")]
    [InlineData("rm snapshots/0/name", "Operation not permitted")]
    [InlineData("mkdir snapshots/1", "Operation not permitted")]
    [InlineData("rmdir snapshots/0", "Operation not permitted")]
    [InlineData("touch snapshots/new", "Operation not permitted")]
    [InlineData("mv bitmaps/b bitmaps/c", "Operation not permitted")]
    public void They_are_read_only(string script, string words)
    {
        using var mount = MountedImage.Of("everything");
        mount.Refuses(words, script);
    }

    [Fact]
    public void A_table_of_zeros_is_listed_and_its_last_entry_can_be_read()
    {
        using var mount = MountedImage.Of("default");
        // An entry has 40 bytes at least, so that many of nothing fit between the offset and the end of the file.
        mount.Do("truncate -s 400K $I; echo 0x40000 > header/snapshot_offset; echo 65536 > header/nb_snapshots");
        const int count = ((400 << 10) - 0x40000 + 39) / 40;
        Assert.Equal($"{count}", mount.Line("ls -U snapshots | wc -l"));
        mount.Do("find snapshots/$1 -type f -exec cat {} + > /dev/null; ! test -e snapshots/$2", $"{count - 1}", $"{count}");
        mount.Do("echo 0 > header/nb_snapshots; test -z \"$(ls snapshots)\"");
    }
}
