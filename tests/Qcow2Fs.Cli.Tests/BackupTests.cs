using System.Formats.Tar;
using Qcow2Fs.TestKit;

namespace Qcow2Fs.Cli.Tests;

/// <summary>backup and restore of real images. The archives are read by another reader, and the images by QEMU.</summary>
[Trait("Category", "Slow")]
public class BackupTests
{
    private static readonly byte[] s_good = new HeaderBuilder().ClusterBits(12).Extension(0xe2792aca, "raw").Backing("base").Build();

    [Theory]
    [InlineData("default")]
    [InlineData("v2-512")]
    [InlineData("cluster-2097152")]
    [InlineData("backing")]
    [InlineData("bitmap")]
    [InlineData("everything")]
    public void A_damaged_header_is_as_it_was(string name)
    {
        using var image = TestImage.Of(name);
        var before = image.Bytes;
        Write(image.Beside("tar"), Program.Bytes("backup", image.Path));
        using (var file = File.OpenWrite(image.Path))
        {
            file.Write(new byte[300]);
        }

        Program.Run("restore", "-n", image.Beside("tar"), image.Path).Expect();
        Assert.NotEqual(before, image.Bytes);
        var output = Program.Run("restore", image.Beside("tar"), image.Path).Expect().Output;
        Assert.Contains($"{image.Path}: header/magic: 0x0 -> 0x514649fb\n", output);
        Assert.Equal(before, image.Bytes);
        QemuImg.Check(image.Path).Expect();
        Assert.Equal("", Program.Run("restore", image.Beside("tar"), image.Path).Expect().Output);
    }

    [Fact]
    public void An_image_in_use_that_has_its_old_header_needs_nothing()
    {
        using var image = TestImage.Of("bitmap");
        Write(image.Beside("tar"), Program.Bytes("backup", image.Path));
        using (new Holder(image.Path))
        {
            Assert.Equal("", Program.Run("restore", image.Beside("tar"), image.Path).Expect().Output);
        }

        Program.Run("write", image.Path, "header/size", "2M").Expect();
        using (new Holder(image.Path))
        {
            Program.AssertRefused(Program.Run("restore", image.Beside("tar"), image.Path), "another program ");
        }
    }

    [Fact]
    public void A_LUKS_header_is_kept_with_its_key_slots()
    {
        using var image = TestImage.Of("luks");
        var before = image.Bytes;
        Write(image.Beside("tar"), Program.Bytes("backup", image.Path));
        var entries = Entries(image.Beside("tar"));
        Assert.Equal([".header.bin", ".luks.bin"], entries.Keys.Select(key => key[image.Path.Length..]));
        Assert.True(entries[image.Path + ".luks.bin"].AsSpan().StartsWith("LUKS"u8));
        using (var file = File.OpenWrite(image.Path))
        {
            file.Write(new byte[before.Length]);
        }

        var output = Program.Run("restore", image.Beside("tar"), image.Path).Expect().Output;
        Assert.Contains($"{image.Path}: encryption: other bytes of the LUKS header\n", output);
        var after = image.Bytes;
        Assert.Equal(before[..(1 << 16)], after[..(1 << 16)]);
        var luks = entries[image.Path + ".luks.bin"];
        Assert.Equal(before.AsSpan().IndexOf(luks), after.AsSpan().IndexOf(luks));
        Assert.True(after.AsSpan().IndexOf(luks) > 0);
    }

    [Fact]
    public void The_archive_is_a_tar_of_first_clusters_and_unpacking_it_overwrites_no_image()
    {
        using var pool = new TempDirectory();
        Directory.CreateDirectory(pool["pool/sub"]);
        QemuImg.Do("create", "-q", "-f", "qcow2", pool["pool/a.qcow2"], "1M");
        QemuImg.Do("create", "-q", "-f", "qcow2", "-o", "cluster_size=4k", pool["pool/sub/b"], "1M");
        var long1 = new string('x', 120);
        File.Copy(pool["pool/a.qcow2"], pool[$"pool/sub/{long1}"]);
        const string Script = """
            cd "$1" && qcow2fs backup pool pool/a.qcow2 > tar && cp -a pool kept && tar xf tar && tar tf tar &&
            for i in a.qcow2 sub/b; do cmp -n 4096 "pool/$i" "pool/$i.header.bin" && cmp "pool/$i" "kept/$i" || exit 1; done; rm -r kept
            """;
        var result = Program.Shell(Script, pool.Path).Expect();
        Assert.Equal(["pool/a.qcow2.header.bin", "pool/sub/b.header.bin", $"pool/sub/{long1}.header.bin"],
            result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal("3 images\n", result.Error);
        Assert.Equal([65536, 4096, 65536], Entries(pool["tar"]).Values.Select(content => content.Length));
    }

    [Fact]
    public void Files_that_are_no_images_are_named_and_skipped()
    {
        using var pool = new TempDirectory();
        Write(pool["a"], s_good);
        File.WriteAllText(pool["notes"], "text");
        File.WriteAllText(pool["raw.img"], "");
        File.CreateSymbolicLink(pool["link"], pool["a"]);
        File.CreateSymbolicLink(pool["link.qcow2"], pool["a"]);
        var result = Program.Run("backup", pool.Path).Expect();
        Assert.Equal(["link.qcow2", "notes", "raw.img"], result.Error.Split('\n')[..^2].Select(l => Path.GetFileName(l.Split(": ")[1])));
        Assert.EndsWith("\n1 image\n", result.Error);
        // Named itself, such a file is a mistake.
        Assert.EndsWith("not a qcow2 image\n", Program.Run("backup", pool["notes"]).Expect(Program.Refused).Error);
        Program.Run("backup", pool["missing"], pool["a"]).Expect(Program.Refused);
    }

    [Fact]
    public void Another_file_is_refused_and_a_longer_one_is_not()
    {
        using var pool = new TempDirectory();
        Write(pool["a"], s_good);
        Write(pool["tar"], Program.Bytes("backup", pool["a"]));
        File.AppendAllText(pool["a"], "grown");
        Damage(pool["a"]);
        Program.Run("restore", pool["tar"], pool["a"]).Expect();
        Assert.Equal(s_good, File.ReadAllBytes(pool["a"])[..4096]);

        using (var file = File.OpenWrite(pool["a"]))
        {
            file.SetLength(4000);
        }

        Damage(pool["a"]);
        AssertRefused("it has 4000 bytes, and had 4096", pool["a"]);
        File.Move(pool["a"], pool["moved"]);
        Write(pool["a"], new HeaderBuilder().ClusterBits(12).Build());
        var other = File.ReadAllBytes(pool["a"]);
        AssertRefused("it is another file", pool["a"]);
        AssertRefused("the archive has no backup of this file", pool["tar"]);
        Assert.Equal(other, File.ReadAllBytes(pool["a"]));
        Program.Run("restore", "--force", pool["tar"], pool["a"]).Expect();
        Assert.Equal(s_good, File.ReadAllBytes(pool["a"]));

        void AssertRefused(string sentence, string image)
        {
            var result = Program.Run("restore", pool["tar"], image);
            Program.AssertRefused(result, $"qcow2fs: {image}: {sentence}");
        }
    }

    /// <summary>
    /// tar(1) loses what says which file a backup is of. Its name is then all that there is, and only --force takes that.
    /// </summary>
    [Fact]
    public void An_archive_that_was_packed_again_is_restored_by_name()
    {
        using var pool = new TempDirectory();
        Write(pool["a"], s_good);
        Program.Shell("cd \"$1\" && qcow2fs backup a >tar && mkdir x && tar -C x -xf tar && tar -C x -cf again a.header.bin",
            pool.Path).Expect();
        Damage(pool["a"]);
        var bad = File.ReadAllBytes(pool["a"]);
        var result = Program.Shell("cd \"$1\" && qcow2fs restore again a", pool.Path);
        Program.AssertRefused(result,
            "qcow2fs: a: the archive has no backup of this file; "
                + "if another program has packed the archive again, --force goes by the name");
        result = Program.Shell("cd \"$1\" && qcow2fs restore again x", pool.Path);
        Program.AssertRefused(result, "qcow2fs: x: is a folder; name the images, or none to restore all of the archive");
        Assert.Equal(bad, File.ReadAllBytes(pool["a"]));
        Program.Shell("cd \"$1\" && qcow2fs restore --force again a", pool.Path).Expect();
        Assert.Equal(s_good, File.ReadAllBytes(pool["a"]));
    }

    [Fact]
    public void A_named_image_is_found_by_the_file_that_it_is()
    {
        using var pool = new TempDirectory();
        var second = new HeaderBuilder().ClusterBits(12).Field("size", 1 << 20).Build();
        Write(pool["a"], s_good);
        Write(pool["b"], second);
        Write(pool["tar"], Program.Bytes("backup", pool.Path));
        File.Move(pool["a"], pool["c"]);
        File.Move(pool["b"], pool["a"]);
        Damage(pool["a"]);
        Damage(pool["c"]);
        Program.Run("restore", pool["tar"], pool["c"], pool["a"]).Expect();
        Assert.Equal(s_good, File.ReadAllBytes(pool["c"]));
        Assert.Equal(second, File.ReadAllBytes(pool["a"]));
    }

    [Fact]
    public void Names_keep_their_bytes()
    {
        const string Script = """
            set -e; cd "$1"; d=$(printf 'd\nd'); mkdir "$d"
            for n in "$(printf '\377')" "$(printf 'new\nline')" "$(printf '\033[31m=')" ' x ' -n "$(printf '\357\277\275')"; do
                cp good "./$d/$n"; done
            cp -a "$d" kept; qcow2fs backup "$d" >tar
            for n in "$d"/*; do printf XXXX | dd of="$n" conv=notrunc status=none; done
            qcow2fs restore tar; for n in "$d"/*; do cmp "$n" good; done
            qcow2fs backup . >tar2; printf XXXX | dd of="$d/$(printf '\377')" conv=notrunc status=none
            qcow2fs restore tar2 "$d/$(printf '\377')"; cmp "$d/$(printf '\377')" good
            rm -r -- "$d" kept
            """;
        using var pool = new TempDirectory();
        Write(pool["good"], s_good);
        var result = Program.Shell(Script, pool.Path).Expect();
        Assert.DoesNotContain(result.Output + result.Error, c => char.IsControl(c) && c != '\n');
        Assert.Contains(@"d?d/\xff: header/magic: 0x58585858 -> 0x514649fb", result.Output);
    }

    [Fact]
    public void An_archive_that_cannot_be_written_is_no_success()
    {
        using var pool = new TempDirectory();
        Write(pool["a"], s_good);
        Program.Shell("qcow2fs backup \"$1\" > /dev/full", pool["a"]).Expect(Program.Refused);
        Program.Shell("set -o pipefail; qcow2fs backup \"$1\" | true", pool["a"]);
        Program.Shell("{ qcow2fs backup \"$1\"; echo $? > \"$2\"; } | :", pool.Path, pool["status"]);
        Assert.Equal("1\n", File.ReadAllText(pool["status"]));
        var result = Program.Shell("script -qec 'qcow2fs backup '\"$1\" /dev/null", pool["a"]).Expect(Program.WrongUse);
        Assert.Contains("standard output is a terminal", result.Output);
        Program.Shell("qcow2fs backup \"$1\" >&-", pool["a"]).Expect(Program.Refused);
    }

    [Fact]
    public void Two_thousand_images_come_back_but_the_one_that_is_in_use()
    {
        using var pool = new TempDirectory();
        for (var i = 0; i < 2000; i++)
        {
            Write(pool[$"{i}"], s_good);
        }

        QemuImg.Do("create", "-q", "-f", "qcow2", pool["used"], "1M");
        Program.Shell("cd \"$1\" && qcow2fs backup . | gzip > ../\"$2\"", pool.Path, Path.GetFileName(pool.Path) + ".gz").Expect();
        var archive = pool.Path + ".gz";
        try
        {
            for (var i = 0; i < 2000; i++)
            {
                Damage(pool[$"{i}"]);
            }

            Program.Run("write", pool["used"], "header/size", "2M").Expect();
            using (new Holder(pool["used"]))
            {
                var result = Program.Shell("cd \"$1\" && gzip -dc \"$2\" | qcow2fs restore -", pool.Path, archive).Expect(Program.Refused);
                Assert.Equal(2000, result.Output.Count(c => c == '\n'));
                Assert.StartsWith("qcow2fs: ./used: another program ", result.Error);
                Assert.EndsWith("\n2001 images: 2000 restored, 1 refused\n", result.Error);
            }

            Assert.All(Enumerable.Range(0, 2000), i => Assert.Equal(s_good, File.ReadAllBytes(pool[$"{i}"])));
        }
        finally
        {
            File.Delete(archive);
        }
    }

    private static Dictionary<string, byte[]> Entries(string archive)
    {
        var entries = new Dictionary<string, byte[]>();
        using var file = File.OpenRead(archive);
        using var reader = new TarReader(file);
        while (reader.GetNextEntry() is { } entry)
        {
            Assert.Matches(@"^qcow2fs device \d+:\d+ inode \d+ born \d+\.\d{9} length \d+$",
                Assert.IsType<PaxTarEntry>(entry).ExtendedAttributes["comment"]);
            using var content = new MemoryStream();
            entry.DataStream!.CopyTo(content);
            entries.Add(entry.Name, content.ToArray());
        }

        return entries;
    }

    private static void Damage(string image)
    {
        using var file = File.OpenWrite(image);
        file.Write("XXXX"u8);
    }

    private static void Write(string path, byte[] bytes) => File.WriteAllBytes(path, bytes);
}
