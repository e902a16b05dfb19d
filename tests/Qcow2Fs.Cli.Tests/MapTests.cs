using System.Text.Json;
using Qcow2Fs.TestKit;

namespace Qcow2Fs.Cli.Tests;

/// <summary>map, with qemu-img as the authority for counts and for where data lies.</summary>
public class MapTests
{
    [Fact]
    public void Data_lies_where_QEMU_finds_it()
    {
        using var directory = new TempDirectory();
        var path = Make(directory);
        var result = Program.Run("map", "--json", path).Expect();
        var owners = JsonDocument.Parse(result.Output).RootElement.GetProperty("runs").EnumerateArray().SelectMany(run =>
            run.GetProperty("owners").EnumerateArray().Where(owner => Kind(owner) == "data" && !owner.TryGetProperty("snapshot", out _))
                .SelectMany(owner => Clusters(Number(owner, "guest_offset"), Number(run, "offset"), Number(run, "length"))));
        var qemu = JsonDocument.Parse(QemuImg.Do("map", "--output=json", path).Output).RootElement.EnumerateArray()
            .Where(extent => extent.TryGetProperty("offset", out _))
            .SelectMany(extent => Clusters(Number(extent, "start"), Number(extent, "offset"), Number(extent, "length")));

        var expected = qemu.ToHashSet();
        Assert.NotEmpty(expected);
        Assert.Equal(expected.Order(), owners.Order());
    }

    [Fact]
    public void A_damaged_image_is_counted_as_QEMU_counts_it()
    {
        using var directory = new TempDirectory();
        var path = Make(directory);
        Assert.EndsWith("; no errors\n", Program.Run("map", path).Expect().Output);

        Damage(path);
        var check = JsonDocument.Parse(QemuImg.Check(path, "--output=json").Output).RootElement;
        var output = Program.Run("map", "--json", path).Expect(Program.Found).Output;
        var totals = JsonDocument.Parse(output).RootElement.GetProperty("totals");

        Assert.Equal(Number(check, "leaks"), Number(totals, "leaks"));
        Assert.Equal(Number(check, "corruptions"), Number(totals, "corruptions"));
        Assert.NotEqual(0, Number(totals, "leaks"));
        Assert.Equal(1, output.Count(c => c == '\n'));
    }

    [Fact]
    public void An_image_that_QEMU_refuses_has_a_map()
    {
        using var image = TestImage.Of("default");
        Program.Run("write", image.Path, "header/version", "9").Expect();
        Assert.Contains("  L1 table\n", Program.Run("map", image.Path).Expect().Output);
    }

    [Fact]
    public void What_is_no_image_is_refused()
    {
        using var image = TestImage.Of(new byte[4096]);
        Program.AssertRefused(Program.Run("map", image.Path), "is not a qcow2 image");
        Program.AssertRefused(Program.Run("map", image.Beside("missing")), "missing: ");
        Program.AssertRefused(
            Program.Run("map", Path.GetDirectoryName(image.Path)!), "is a folder; to check all images in it, use: qcow2fs check");
    }

    [Fact]
    public void A_picture_never_replaces_a_file()
    {
        using var image = TestImage.Of("default");
        var bytes = image.Bytes;
        Program.AssertRefused(Program.Run("map", "--svg", image.Path, image.Path), "already exists");
        Assert.Equal(bytes, image.Bytes);
    }

    /// <summary>The picture of the docs is that of a real image. It is copied from beside the tests when it is meant to change.</summary>
    [Fact]
    public void The_picture_in_the_docs_is_real()
    {
        using var directory = new TempDirectory();
        var path = Make(directory);
        Damage(path);
        var made = Path.Combine(AppContext.BaseDirectory, "map.svg");
        File.Delete(made);
        Program.Run("map", "--svg", made, path).Expect(Program.Found);

        Assert.Equal("", Program.Shell("python3 -c 'import sys, xml.dom.minidom as m; m.parse(sys.argv[1])' \"$1\"", made).Expect().Error);
        Assert.True(File.ReadAllText(made) == File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "docs/map.svg")),
            $"docs/map.svg is another picture; the right one is {made}");
    }

    [Fact]
    public void A_terminal_gets_a_strip_of_few_rows()
    {
        using var image = TestImage.Of("everything");
        var plain = Program.Run("map", image.Path).Expect().Output;
        var output = Program.Shell("exec script -qec \"qcow2fs map '$1'\" /dev/null", image.Path).Expect().Output
            .Replace("\r", "", StringComparison.Ordinal);

        Assert.EndsWith(plain, output);
        var strip = output[..^plain.Length];
        Assert.Contains("\u001b[48;5;", strip);
        Assert.InRange(strip.Count(c => c == '\n'), 2, 10);
    }

    // An image with every kind of cluster but LUKS's.
    private static string Make(TempDirectory directory)
    {
        var path = directory["disk.qcow2"];
        QemuImg.Do("create", "-q", "-f", "qcow2", path, "64M");
        Io("write 0 3M", "write -c -P 1 8M 1M");
        QemuImg.Do("bitmap", "--add", path, "changes");
        Io("write 40M 1M");
        QemuImg.Do("snapshot", "-c", "before", path);
        Io("write 1M 1536k", "write -c -P 2 50M 512k", "discard 0 256k", "write 30M 320k");
        return path;

        void Io(params string[] commands) => Tool.Run("qemu-io",
            [.. commands.SelectMany(command => new[] { "-c", command }), "-f", "qcow2", path]).Expect();
    }

    // Refcounts that are too high, too low and gone, entries that are gone, and one that leads nowhere.
    private static void Damage(string path)
    {
        using var file = File.OpenWrite(path);
        Write(0x20000 + (2 * 20), 0, 0);
        Write(0x20000 + (2 * 21), 0, 3);
        Write(0x20000 + (2 * 60), 0, 0);
        // The active L2 table.
        Write(0x480000 + (8 * 16), new byte[8 * 6]);
        Write(0x480000 + (8 * 481), 0x80, 0, 0, 0x77, 0, 0, 0, 0);

        void Write(long at, params byte[] bytes)
        {
            file.Position = at;
            file.Write(bytes);
        }
    }

    private static IEnumerable<(long Guest, long Host)> Clusters(long guest, long host, long length)
    {
        for (var at = 0L; at < length; at += 65536)
        {
            yield return (guest + at, host + at);
        }
    }

    private static string? Kind(JsonElement owner) => owner.GetProperty("kind").GetString();

    private static long Number(JsonElement element, string name) => element.TryGetProperty(name, out var value) ? value.GetInt64() : 0;
}
