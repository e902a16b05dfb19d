using Qcow2Fs.TestKit;

namespace Qcow2Fs.Mount.Tests;

[Trait("Category", "Slow")]
public class MalformedTests
{
    private const string Unclean = "Structure needs cleaning";

    public static TheoryData<string> Kinds => ["one byte too long", "enormous", "end too long", "too few bytes left"];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void The_rest_of_a_broken_list_is_one_file(string kind)
    {
        using var mount = MountedImage.Of(Broken(kind));
        var header = mount.Header;
        Assert.NotEqual(0, QemuImg.Run("info", "-f", "qcow2", mount.Image).ExitCode);
        Assert.Equal("0x00000005\nmalformed\n", mount.Do("ls -U extensions"));
        Assert.Equal(header.AreaEnd - header.ItemsEnd,
            int.Parse(mount.Line("cat extensions/malformed | wc -c"), System.Globalization.CultureInfo.InvariantCulture));
        Assert.Equal("good", mount.Do("cat extensions/0x5"));
        mount.Do("dd if=$I bs=1 skip=$1 count=$2 status=none | cmp - extensions/malformed", $"{header.ItemsEnd}",
            $"{header.AreaEnd - header.ItemsEnd}");
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Nothing_moves_while_the_list_is_broken_but_plain_edits_work(string kind)
    {
        using var mount = MountedImage.Of(Broken(kind));
        foreach (var script in new[]
        {
            "touch extensions/0x6", "rm extensions/0x5", "printf longer > extensions/0x5", "truncate -s 1 extensions/0x5",
            "mv extensions/0x5 extensions/0x6", "printf x > extensions/malformed", "echo other > backing_file", "echo raw > backing_format",
            "echo f > data_file", "touch features/compatible/5; echo name > features/compatible/5 || { rm features/compatible/5; exit 1; }",
        })
        {
            mount.Refuses(Unclean, script);
        }

        mount.Refuses("Operation not permitted", "mv extensions/malformed extensions/0x6");
        var before = mount.Bytes;
        mount.Do("old=$(cat header/size); echo 1M > header/size; cat header/size; echo $old > header/size");
        mount.Do("touch features/incompatible/dirty; rm features/incompatible/dirty");
        mount.Do("cp header.bin $D/h; cp $D/h header.bin");
        mount.Image_is(before);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Removing_the_rest_makes_an_image_that_QEMU_opens(string kind)
    {
        using var mount = MountedImage.Of(Broken(kind));
        var before = mount.Bytes;
        mount.Do("rm extensions/malformed");
        Assert.Equal("0x00000005\n", mount.Do("ls extensions"));
        var info = QemuImg.Run("info", "-f", "qcow2", mount.Image);
        Assert.True(info is { ExitCode: 0, Error: "" }, info.ToString());
        Difference.Is_live(before, mount.Bytes);
        mount.Do("touch extensions/0x6");
        Assert.Equal(2, mount.Header.Extensions.Length);
    }

    [Fact]
    public void A_good_list_has_no_such_file()
    {
        using var mount = MountedImage.Of("cluster-512");
        mount.Refuses("Operation not permitted", ": > extensions/malformed");
        mount.Refuses("No such file", "rm extensions/malformed");
    }

    [Fact]
    public void A_header_length_that_hides_the_list_is_mended_by_its_own_file()
    {
        using var mount = MountedImage.Of("default");
        var original = mount.Bytes;
        mount.Do("echo 0 > header/header_length");
        Assert.Equal("", mount.Do("ls extensions"));
        Assert.Contains("header_length", mount.Refuses(Unclean, "touch extensions/0x6"), StringComparison.Ordinal);
        Assert.Contains("header_length", mount.Refuses(Unclean, "echo x > backing_file"), StringComparison.Ordinal);
        mount.Do("echo 112 > header/header_length");
        mount.Image_is(original);
    }

    private static HeaderBuilder Broken(string kind)
    {
        var header = new HeaderBuilder().ClusterBits(12).Extension(5, "good");
        return kind switch
        {
            "one byte too long" => header.Extension(6, new byte[8], claimed: 4096 - 112 - 16 - 8 + 1),
            "enormous" => header.Extension(6, [1, 2, 3], claimed: 0xfffffff9),
            "end too long" => header.End([], claimed: 0xffffffff),
            _ => header.NoEnd().Backing([.. "name"u8], gap: 5),
        };
    }
}
