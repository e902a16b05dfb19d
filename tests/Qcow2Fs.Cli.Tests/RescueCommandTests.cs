using System.Text.Json;
using Qcow2Fs.TestKit;

namespace Qcow2Fs.Cli.Tests;

/// <summary>rescue: what it writes, what it keeps, and what it leaves alone.</summary>
[Trait("Category", "Slow")]
public class RescueCommandTests
{
    [Fact]
    public void A_candidate_is_written_and_what_stood_there_is_kept()
    {
        using var directory = new TempDirectory();
        var lost = Lost(directory);

        Program.Run("rescue", "--size", "8M", "--write", "1", directory["lost"]).Expect();
        Assert.Equal(0, QemuImg.Check(directory["lost"]).ExitCode);
        QemuImg.Do("compare", directory["copy"], directory["lost"]);

        var fixedNow = File.ReadAllBytes(directory["lost"]);
        Assert.Contains("nothing to do", Program.Run("rescue", "--write", "1", directory["lost"]).Expect().Output);
        Assert.Equal(fixedNow, File.ReadAllBytes(directory["lost"]));

        Program.Run("restore", "--force", directory["lost.header.tar"], directory["lost"]).Expect();
        Assert.Equal(lost, File.ReadAllBytes(directory["lost"]));

        // The copy of the first time is still there.
        Program.AssertRefused(Program.Run("rescue", "--write", "1", directory["lost"]),
            "lost.header.tar already exists; --keep FILE names another file for it");
    }

    [Fact]
    public void A_refusal_changes_no_byte()
    {
        using var directory = new TempDirectory();
        var lost = Lost(directory);
        File.WriteAllText(directory["there"], "");

        Program.AssertRefused(Program.Run("rescue", "--write", "1", "--keep", directory["there"], directory["lost"]), "cannot be kept");
        var output = Program.Run("rescue", "--output", directory["there"], directory["lost"]);
        Program.AssertRefused(output, $"{directory["there"]} already exists");
        output = Program.Run("rescue", "--output", "/dev/full/x", directory["lost"]);
        Program.AssertRefused(output, "/dev/full/x cannot be written: Not a directory");
        Program.AssertRefused(Program.Run("rescue", "--write", "9", directory["lost"]), "no candidate 9");
        Program.AssertRefused(Program.Run("rescue", "--write", "x", directory["lost"]), "not the number of a candidate", Program.WrongUse);
        Program.AssertRefused(Program.Run("rescue", "--write", "0", directory["lost"]), "not the number of a candidate", Program.WrongUse);
        Program.AssertRefused(Program.Run("rescue", "--size", "1E", directory["lost"]), "no room");
        Program.AssertRefused(Program.Run("rescue", "--write", "1", "--output", "x", directory["lost"]), "exclude", Program.WrongUse);
        Program.AssertRefused(Program.Run("rescue", "--backing", "x", directory["lost"]), "go together", Program.WrongUse);
        Program.AssertRefused(Program.Run("rescue", "--write", "1", directory.Path), "take one image", Program.WrongUse);
        Assert.Equal(lost, File.ReadAllBytes(directory["lost"]));
        Assert.False(File.Exists(directory["lost.header.tar"]));
    }

    /// <summary>One wrong entry in a table: the header is right, and rescue has nothing to write.</summary>
    [Fact]
    public void A_header_with_damaged_tables_is_left_alone()
    {
        using var directory = new TempDirectory();
        Lost(directory);
        Program.Run("write", directory["copy"], "l2/0/18", "0x8000000123450000").Expect();
        var bytes = File.ReadAllBytes(directory["copy"]);

        var result = Program.Run("rescue", "--write", "1", directory["copy"]).Expect(3);
        Assert.Contains("the header fits the file but for 1 leaks and 2 corruptions", result.Output);
        Assert.Contains("qemu-img check -r all", result.Output);
        var json = JsonDocument.Parse(Program.Run("rescue", "--json", directory["copy"]).Expect(3).Output).RootElement;
        Assert.True(json.GetProperty("healthy").GetBoolean());
        Assert.Equal(2, json.GetProperty("corruptions").GetInt32());
        Assert.Equal(bytes, File.ReadAllBytes(directory["copy"]));
        Assert.False(File.Exists(directory["copy.header.tar"]));
    }

    /// <summary>A file in /dev is gone after a reboot. Where no loop device can be had, there is nothing to see.</summary>
    [Fact]
    public void A_block_device_wants_a_file_to_keep()
    {
        using var directory = new TempDirectory();
        var lost = Lost(directory);
        // A device has whole sectors, and QEMU's images may end in the middle of one.
        File.WriteAllBytes(directory["lost"], [.. lost, .. new byte[-lost.Length & 4095]]);
        if (Tool.Run("losetup", "--find", "--show", directory["lost"]) is not { ExitCode: 0 } loop)
        {
            return;
        }

        var device = loop.Output.Trim();
        try
        {
            Program.AssertRefused(Program.Run("rescue", "--size", "8M", "--write", "1", device), "--write wants --keep FILE");
            Assert.False(File.Exists($"{device}.header.tar"));
            Program.Run("rescue", "--size", "8M", "--write", "1", "--keep", directory["kept"], device).Expect();
            Assert.True(File.Exists(directory["kept"]));
        }
        finally
        {
            Tool.Run("losetup", "--detach", device);
        }

        QemuImg.Do("compare", directory["copy"], directory["lost"]);
    }

    [Fact]
    public void A_folder_is_searched_and_json_is_a_line_an_image()
    {
        using var directory = new TempDirectory();
        Lost(directory);
        File.Move(directory["lost"], directory["lost.qcow2"]);
        File.WriteAllBytes(directory["empty.qcow2"], new byte[1 << 20]);

        var result = Program.Run("rescue", "--json", directory.Path).Expect(3);
        var images = result.Output.TrimEnd('\n').Split('\n').Select(line => JsonDocument.Parse(line).RootElement).ToDictionary(
            image => Path.GetFileName(image.GetProperty("image").GetString()!));
        Assert.Equal(3, images.Count);
        Assert.True(images["copy"].GetProperty("healthy").GetBoolean());
        Assert.Empty(images["empty.qcow2"].GetProperty("candidates").EnumerateArray());
        var best = Assert.Single(images["lost.qcow2"].GetProperty("candidates").EnumerateArray());
        Assert.Equal(16, best.GetProperty("header").GetProperty("header").GetProperty("cluster_bits").GetInt32());
        Assert.Equal(0, best.GetProperty("leaks").GetInt32());
        Assert.Equal(JsonValueKind.Null, images["lost.qcow2"].GetProperty("kept").ValueKind);
    }

    /// <summary>An image with some data, its copy, and the image without its first cluster.</summary>
    private static byte[] Lost(TempDirectory directory)
    {
        QemuImg.Do("create", "-q", "-f", "qcow2", directory["copy"], "8M");
        Tool.Run("qemu-io", "-f", "qcow2", "-c", "write -q -P 7 1M 300k", directory["copy"]).Expect();
        var bytes = File.ReadAllBytes(directory["copy"]);
        bytes.AsSpan(0, 65536).Clear();
        File.WriteAllBytes(directory["lost"], bytes);
        return bytes;
    }
}
