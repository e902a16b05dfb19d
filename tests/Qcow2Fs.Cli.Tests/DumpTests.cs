using System.Runtime.CompilerServices;
using System.Text;
using Qcow2Fs.TestKit;

namespace Qcow2Fs.Cli.Tests;

public class DumpTests
{
    /// <summary>What does not depend on where the test runs.</summary>
    public static IEnumerable<object[]> QemuNames =>
        QemuImages.All.Where(i => !i.Options.Any(o => o.Contains("{dir}", StringComparison.Ordinal)))
        .Select(i => new object[] { i.Name });

    public static IEnumerable<object[]> OddNames => OddImages.Names;

    [Trait("Category", "Slow")]
    [Theory]
    [MemberData(nameof(QemuNames))]
    public void An_image_of_qemu_img_is_dumped_as_qcow2_py_does(string name)
    {
        using var directory = new TempDirectory();
        AssertGolden(name, QemuImages.Named(name).Make(directory));
    }

    [Theory]
    [MemberData(nameof(OddNames))]
    public void An_odd_image_is_dumped_as_qcow2_py_does(string name)
    {
        using var directory = new TempDirectory();
        File.WriteAllBytes(directory[name], OddImages.All[name]());
        AssertGolden("odd-" + name, directory[name]);
    }

    [Theory]
    [InlineData("dump-header")]
    [InlineData("dump-header", "-j")]
    [InlineData("dump-header-exts")]
    [InlineData("dump-header-exts", "-j")]
    public void Both_word_orders_say_the_same(string command, params string[] options)
    {
        using var directory = new TempDirectory();
        var image = QemuImages.Named("bitmaps-4k").Make(directory);
        var golden = File.ReadAllText(Golden("bitmaps-4k"));

        var output = Program.Run([command, .. options, image]).Expect().Output;
        Assert.NotEmpty(output);
        Assert.Contains(output, golden, StringComparison.Ordinal);
        Assert.Equal(output, Program.Run([image, command, .. options]).Expect().Output);
        Assert.Equal(output, Program.Run([.. options, image, command]).Expect().Output);
        Assert.Equal(output, Program.Run([image, .. options, command]).Expect().Output);
    }

    [Trait("Category", "Slow")]
    [Fact]
    public void Random_and_hostile_images_are_dumped_as_the_real_qcow2_py_does_where_it_can()
    {
        using var directory = new TempDirectory();
        var images = new List<string>();
        for (var seed = 0; seed < 600; seed++)
        {
            var random = new Random(seed);
            images.Add(directory[$"{seed}"]);
            File.WriteAllBytes(images[^1], seed % 2 == 0 ? HeaderGenerator.Next(random) : MutatedHeader.Next(random));
        }

        images.AddRange(QemuImages.All.Select(i => i.Make(directory)));
        var ours = images.Select(OwnDump.Of).ToList();
        Assert.All(ours, Assert.NotEmpty);
        if (RealTool.Location is null)
        {
            return;
        }

        var real = RealTool.Dump(images);
        Assert.True(real.Count(r => r is not null) > images.Count / 2);
        for (var i = 0; i < images.Count; i++)
        {
            Assert.True(real[i] is null || real[i]!.AsSpan().SequenceEqual(ours[i]), $"{images[i]}\n{Text(real[i])}\n---\n{Text(ours[i])}");
        }
    }

    [Fact]
    public void A_name_that_is_not_ASCII_is_dumped_all_the_same()
    {
        using var directory = new TempDirectory();
        var bytes = OddImages.All["bitmaps"]();
        "ä\0"u8.CopyTo(bytes.AsSpan(4096 + 24));
        File.WriteAllBytes(directory["i"], bytes);
        Assert.Contains("Bitmap name               ä\0\n", Program.Run("dump-header-exts", directory["i"]).Expect().Output);
        Assert.Contains("\"name\": \"\\u00e4\\u0000\"", Program.Run("dump-header-exts", "-j", directory["i"]).Expect().Output);
        bytes[4096 + 24] = 0xff;
        File.WriteAllBytes(directory["i"], bytes);
        Assert.Contains("\"name\": \"\\udcff\\udca4\\u0000\"", Program.Run("dump-header-exts", "-j", directory["i"]).Expect().Output);
    }

    [Theory]
    [InlineData(4096 + 20)]
    [InlineData((2 * 4096) + 9)]
    public void A_file_that_ends_too_early_is_dumped_as_far_as_it_goes(int length)
    {
        using var directory = new TempDirectory();
        File.WriteAllBytes(directory["i"], OddImages.All["bitmaps"]()[..length]);
        var result = Program.Run("dump-header-exts", "-j", directory["i"]).Expect(Program.Refused);
        Assert.Contains("the file ends inside", result.Error);
        using var json = System.Text.Json.JsonDocument.Parse(result.Output);
        Assert.Equal(2, json.RootElement.GetArrayLength());
    }

    [Fact]
    public void An_empty_file_has_a_header_of_zeros()
    {
        using var directory = new TempDirectory();
        File.WriteAllBytes(directory["i"], []);
        Assert.StartsWith("magic                     0x0\n", Program.Run("dump-header", directory["i"]).Expect().Output);
    }

    private static void AssertGolden(string name, string image)
    {
        var ours = OwnDump.Of(image);
        if (RealTool.Location is not null)
        {
            var real = RealTool.Dump([image])[0];
            Assert.True(real is not null, "the real qcow2.py cannot dump this");
            if (Environment.GetEnvironmentVariable("QCOW2FS_WRITE_GOLDEN") is not null)
            {
                File.WriteAllBytes(Path.Combine(SourceDirectory(), "Golden", name + ".txt"), real);
            }

            Assert.Equal(Text(real), Text(ours));
        }

        Assert.Equal(File.ReadAllText(Golden(name), Encoding.Latin1), Text(ours));
    }

    private static string Golden(string name) => Path.Combine(AppContext.BaseDirectory, "Golden", name + ".txt");

    private static string Text(byte[]? bytes) => Encoding.Latin1.GetString(bytes ?? []);

    private static string SourceDirectory([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;
}
