using Qcow2Fs.TestKit;

namespace Qcow2Fs.Mount.Tests;

[Trait("Category", "Slow")]
public class WholeHeaderTests
{
    [Theory]
    [InlineData("default")]
    [InlineData("v2-backing")]
    [InlineData("backing-512")]
    [InlineData("everything")]
    public void The_header_as_JSON_brings_everything_back_in_one_write(string recipe)
    {
        using var mount = MountedImage.Of(recipe);
        var before = mount.Header;
        mount.Do("python3 -m json.tool header.json > /dev/null; cp header.json $D/saved; cp $D/saved header.json");
        Assert.Null(ReferenceHeader.Difference(before, mount.Header));
        mount.Do("echo 9G > header/size; printf a > extensions/0x5; rm -f backing_file; touch features/compatible/9 2> /dev/null; " +
            "cp $D/saved header.json");
        Assert.Null(ReferenceHeader.Difference(before, mount.Header));
        mount.Do("cmp $D/saved header.json");
        mount.Qemu_agrees();
    }

    [Theory]
    [InlineData("echo junk > header.json", "Invalid argument")]
    [InlineData("sed 's/\"size\": [0-9]*/\"size\": \"x\"/' header.json > $D/j; cp $D/j header.json", "Invalid argument")]
    [InlineData("sed 's/\"cluster_bits\": [0-9]*/\"cluster_bits\": 4294967296/' header.json > $D/j; cp $D/j header.json",
        "Numerical result out of range")]
    public void JSON_that_says_nothing_possible_is_refused_as_a_whole(string script, string words)
    {
        using var mount = MountedImage.Of("default");
        mount.Refuses(words, script);
    }

    [Fact]
    public void Problems_are_none_in_a_good_image_and_QEMUs_own_words_in_a_bad_one()
    {
        using var mount = MountedImage.Of("default");
        Assert.Equal("", mount.Do("cat problems"));
        mount.Do("echo 0 > header/refcount_table_clusters");
        var sentence = QemuImg.Run("info", "-f", "qcow2", mount.Image).Error.Split("': ")[1].TrimEnd('\n');
        Assert.Contains(sentence, mount.Do("cat problems"), StringComparison.Ordinal);
        Assert.Equal("", mount.Do("echo 1 > header/refcount_table_clusters; cat problems"));
        mount.Refuses("Permission denied", "echo x > problems");
    }
}
