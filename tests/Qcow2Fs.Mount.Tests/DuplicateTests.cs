using System.Text;
using Qcow2Fs.TestKit;

namespace Qcow2Fs.Mount.Tests;

[Trait("Category", "Slow")]
public class DuplicateTests
{
    [Theory]
    [InlineData("ls -U extensions", "0x00000007 0x00000007.2 0x00000008 0x00000007.3")]
    [InlineData("cat extensions/0x7 extensions/0x7.2 extensions/0x7.3", "abd")]
    [InlineData("rm extensions/*; ls extensions", "")]
    [InlineData("rm extensions/0x7; ls -U extensions; cat extensions/0x7.2 extensions/0x7.3", "0x00000007.2 0x00000008 0x00000007.3 bd")]
    [InlineData("rm extensions/0x7.2; ls -U extensions; cat extensions/0x7 extensions/0x7.3", "0x00000007 0x00000008 0x00000007.3 ad")]
    [InlineData("rm extensions/0x7; printf new > extensions/0x7; ls -U extensions; cat extensions/0x7",
        "0x00000007.2 0x00000008 0x00000007.3 0x00000007 new")]
    [InlineData("printf BB > extensions/0x7.2; cat extensions/*", "aBBdc")]
    [InlineData("printf 4th > extensions/0x7.4; ls -U extensions; cat extensions/0x7.4",
        "0x00000007 0x00000007.2 0x00000008 0x00000007.3 0x00000007.4 4th")]
    [InlineData("mv extensions/0x8 extensions/0x7.4; ls -U extensions; cat extensions/*",
        "0x00000007 0x00000007.2 0x00000007.4 0x00000007.3 abdc")]
    [InlineData("mv extensions/0x7.2 extensions/0x9; ls -U extensions", "0x00000007 0x00000009 0x00000008 0x00000007.3")]
    [InlineData("mv extensions/0x7.3 extensions/0x7; ls -U extensions; cat extensions/0x7", "0x00000007.2 0x00000008 0x00000007 d")]
    [InlineData("find extensions -type f -delete; ls extensions", "")]
    [InlineData("rm extensions/0x7.3 extensions/0x7 extensions/0x7.2; ls extensions", "0x00000008")]
    public void Extensions_of_one_magic_have_names_that_stay(string script, string output)
    {
        using var mount = MountedImage.Of(Duplicates());
        Assert.Equal(output, mount.Do(script).Replace('\n', ' ').TrimEnd());
        var info = QemuImg.Run("info", "-f", "qcow2", mount.Image);
        Assert.True(info is { ExitCode: 0, Error: "" }, info.ToString());
    }

    [Fact]
    public void A_listing_that_is_read_while_its_files_go_away_names_them_all()
    {
        using var mount = MountedImage.Of(new HeaderBuilder().ClusterBits(21).Extensions(3000, 0x7).Extensions(3000, 0x8, 3));
        Assert.Equal("6000", mount.Line("ls -U extensions | wc -l"));
        mount.Do("cd extensions; n=0; for f in 0x00000007.1??; do rm $f; done");
        Assert.Equal("5900", mount.Line("ls -U extensions | wc -l"));
        Assert.Equal("0x00000007 0x00000007.99 0x00000007.200 0x00000007.3000",
            mount.Line("cd extensions; echo 0x00000007 *7.99 *7.200 *7.3000"));
    }

    [Fact]
    public void The_last_one_is_the_one_that_QEMU_and_the_names_obey()
    {
        using var mount = MountedImage.Of(new HeaderBuilder().Extension(0xe2792aca, "qcow2").Extension(0xe2792aca, "raw")
            .Backing("base.raw"));
        Assert.Equal("raw\n", mount.Do("cat backing_format"));
        Assert.Equal("raw", mount.Info().GetProperty("backing-filename-format").GetString());
        mount.Do("echo vmdk > backing_format");
        Assert.Equal("vmdk", mount.Info().GetProperty("backing-filename-format").GetString());
        Assert.Equal("qcow2vmdk", mount.Do("cat extensions/*"));
        mount.Do("rm backing_format; ! test -e backing_format; test -z \"$(ls extensions)\"");
    }

    private static HeaderBuilder Duplicates() => new HeaderBuilder()
        .Extension(7, Encoding.ASCII.GetBytes("a"), padding: 0xee).Extension(7, "b").Extension(8, "c").Extension(7, "d");
}
