using Qcow2Fs.TestKit;

namespace Qcow2Fs.Mount.Tests;

[Trait("Category", "Slow")]
public class FeatureTests
{
    public static TheoryData<string, string, string, int, int> Bits => new()
    {
        { "incompatible", "dirty", "0", 72, 0 },
        { "incompatible", "corrupt", "1", 72, 1 },
        { "incompatible", "external_data_file", "2", 72, 2 },
        { "incompatible", "compression_type", "3", 72, 3 },
        { "incompatible", "extended_l2", "4", 72, 4 },
        { "incompatible", "5", "5", 72, 5 },
        { "incompatible", "63", "63", 72, 63 },
        { "compatible", "lazy_refcounts", "0", 80, 0 },
        { "compatible", "1", "1", 80, 1 },
        { "autoclear", "bitmaps", "0", 88, 0 },
        { "autoclear", "raw_external_data", "1", 88, 1 },
        { "autoclear", "62", "62", 88, 62 },
    };

    [Theory]
    [MemberData(nameof(Bits))]
    public void A_bit_is_a_file(string group, string name, string number, int offset, int bit)
    {
        using var mount = MountedImage.Of("cluster-512");
        var original = mount.Bytes;
        (string Set, string Clear)[] ways =
        [
            ("touch features/$1/$2", "rm features/$1/$2"),
            ("touch features/$1/$3", "rm features/$1/$3"),
            (": > features/$1/$3", "rm -f features/$1/$2"),
            ("touch features/$1/$2; touch features/$1/$2", "echo 0 > header/$1_features"),
            ("echo $4 > header/$1_features", "rm features/$1/$3"),
            ("echo > features/$1/$2", "unlink features/$1/$3"),
        ];
        string[] arguments = [group, name, number, $"{1ul << bit}"];
        foreach (var (set, clear) in ways)
        {
            mount.Do(set, arguments);
            Assert.Equal($"{name}\n", mount.Do("ls features/$1", arguments));
            mount.Do("test -f features/$1/$2 && test -f features/$1/$3", arguments);
            var bytes = mount.Bytes;
            Assert.Equal(1 << (bit % 8), bytes[offset + 7 - (bit / 8)]);
            Difference.Is_within(original, bytes, offset, 8);
            mount.Do(clear, arguments);
            mount.Image_is(original);
            mount.Do("! test -e features/$1/$2 && ! test -e features/$1/$3", arguments);
        }
    }

    [Fact]
    public void Names_that_no_bit_has_cannot_be_made()
    {
        using var mount = MountedImage.Of("cluster-512");
        foreach (var name in new[] { "64", "100", "-1", "00", "01", "0x1", "Dirty", "lazy_refcounts", "nothing" })
        {
            var sentence = mount.Refuses("", "echo 1 > features/incompatible/$1", name);
            Assert.Contains("63", sentence, StringComparison.Ordinal);
        }

        mount.Refuses("No such file", "rm features/incompatible/5");
        Assert.Equal("", mount.Do("ls features/incompatible"));
    }

    [Fact]
    public void Version_2_has_no_bits_and_takes_none()
    {
        using var mount = MountedImage.Of("v2");
        Assert.Equal("", mount.Do("ls features/incompatible features/compatible features/autoclear | grep -v ':$' | grep . || true"));
        foreach (var group in new[] { "incompatible", "compatible", "autoclear" })
        {
            Assert.Contains("version", mount.Refuses("Invalid argument", ": > features/$1/5", group), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_bit_can_be_renamed_to_another()
    {
        using var mount = MountedImage.Of("cluster-512");
        Assert.Equal("17\n", mount.Do("touch features/compatible/16; mv features/compatible/16 features/compatible/17; " +
            "ls features/compatible"));
        Assert.Equal("0x20000\n", mount.Do("cat header/compatible_features"));
        Assert.Equal("0\n", mount.Do("mv features/compatible/17 features/autoclear/bitmaps; ls features/compatible | wc -l"));
        Assert.Equal("bitmaps\n0x1\n", mount.Do("ls features/autoclear; cat header/autoclear_features"));
        mount.Refuses("", "mv features/autoclear/bitmaps features/autoclear/64");
    }

    [Theory]
    [InlineData("default", "present")]
    [InlineData("cluster-512", "absent")]
    public void A_text_names_the_bit_for_QEMU_also_without_a_table(string recipe, string table)
    {
        using var mount = MountedImage.Of(recipe);
        Assert.Equal(table == "present" ? "1" : "0", mount.Line("ls extensions | wc -l"));
        mount.Do("echo 'time machine' > features/incompatible/60");
        Assert.Equal("time machine\n", mount.Do("cat features/incompatible/60"));
        var info = QemuImg.Run("info", "-f", "qcow2", mount.Image);
        Assert.Contains("Unsupported qcow2 feature(s): time machine", info.Error, StringComparison.Ordinal);
        mount.Do("printf 'warp drive\\n' > features/incompatible/60; touch features/incompatible/61");
        Assert.Equal("warp drive\n\n", mount.Do("cat features/incompatible/60 features/incompatible/61"));
        Assert.Contains("warp drive, Unknown incompatible feature: 2000000000000000", QemuImg.Run("info", "-f", "qcow2", mount.Image).Error,
            StringComparison.Ordinal);
        mount.Do("rm features/incompatible/6?");
        mount.Qemu_agrees();
    }

    [Fact]
    public void The_table_of_QEMU_gives_its_bits_their_names()
    {
        using var mount = MountedImage.Of("lazy-refcounts");
        Assert.Equal("lazy refcounts\n", mount.Do("cat features/compatible/lazy_refcounts"));
        Assert.Equal("dirty bit\n", mount.Do("touch features/incompatible/dirty; cat features/incompatible/0"));
    }

    [Fact]
    public void Names_that_the_table_cannot_hold_are_refused_and_set_no_bit()
    {
        using var mount = MountedImage.Of("cluster-512");
        mount.Do("touch features/compatible/7");
        mount.Refuses("File name too long", "echo $1 > features/compatible/7", new string('n', 47));
        mount.Do("echo $1 > features/compatible/7", new string('n', 46));
        Assert.Equal(new string('n', 46) + "\n", mount.Do("cat features/compatible/7"));
    }

    [Fact]
    public void Eight_names_fill_the_cluster_and_for_the_ninth_there_is_no_space()
    {
        using var mount = MountedImage.Of("cluster-512");
        mount.Do("for i in 1 2 3 4 5 6 7 8; do touch features/autoclear/$i; done; for i in 1 2 3 4 5 6 7 8; " +
            "do echo name$i > features/autoclear/$i; done");
        mount.Refuses("No space left on device",
            "touch features/autoclear/9; echo name9 > features/autoclear/9 || { rm features/autoclear/9; exit 1; }");
        Assert.Equal("name1\nname8\n", mount.Do("cat features/autoclear/1 features/autoclear/8"));
    }
}
