namespace Qcow2Fs.Mount.Tests;

public class EditInPlaceTests
{
    // Each turns base.qcow2 into other.qcow2 by a file of its own that it moves over the name.
    public static TheoryData<string, string> Editors => new()
    {
        { "find", "sed -i s/base/other/ backing_file" },
        { "find", "sed -i.bak s/base/other/ backing_file" },
        { "perl", "perl -pi -e s/base/other/ backing_file" },
        { "find", "echo other.qcow2 > $D/v; mv $D/v backing_file" },
        { "find", "echo other.qcow2 > $D/v; install -m 600 $D/v backing_file" },
        { "find", "echo other.qcow2 > $D/v; cp --remove-destination $D/v backing_file" },
        { "rsync", "echo other.qcow2 > $D/v; rsync -I $D/v backing_file" },
        { "rsync", "mkdir $D/r; echo other.qcow2 > $D/r/backing_file; rsync -aI $D/r/ ." },
        { "tar", "mkdir $D/r; echo other.qcow2 > $D/r/backing_file; tar c -C $D/r backing_file | tar x" },
        { "vim", "vim -es -u NONE -i NONE -c 's/base/other/' -c wq backing_file" },
        { "vim", "vim -es -u NONE -i NONE -c 'set backup backupcopy=no' -c 's/base/other/' -c wq backing_file" },
        { "python3", "python3 -c 'import os, tempfile; f = tempfile.NamedTemporaryFile(\"w\", dir=\".\", delete=False); " +
            "f.write(\"other.qcow2\\n\"); f.close(); os.replace(f.name, \"backing_file\")'" },
        { "find", "echo other.qcow2 > backing_file~; mv backing_file~ backing_file" },
        { "busybox", "busybox sed -i s/base/other/ backing_file" },
        { "busybox", "echo other.qcow2 > $D/v; busybox mv $D/v backing_file" },
        { "emacs", "HOME=$D emacs -Q --batch backing_file --eval '(progn (search-forward \"base\") (replace-match \"other\") " +
            "(save-buffer))' 2> /dev/null" },
        { "emacs", "HOME=$D emacs -Q --batch --eval '(setq file-precious-flag t)' backing_file --eval '(progn (search-forward \"base\") " +
            "(replace-match \"other\") (save-buffer))' 2> /dev/null" },
    };

    [Trait("Category", "Slow")]
    [Theory]
    [MemberData(nameof(Editors))]
    public void A_tool_that_moves_a_new_file_over_a_name_writes_it(string program, string script)
    {
        Machine.Require(program);
        using var mount = MountedImage.Of("backing");
        var before = mount.Bytes;
        mount.Do(script);
        Assert.Equal("other.qcow2\n", mount.Do("cat backing_file"));
        Assert.Equal("other.qcow2", mount.Info().GetProperty("backing-filename").GetString());
        Difference.Is_live(before, mount.Bytes);
    }

    [Theory]
    [InlineData("find", "sed -i s/4/x/ header/size", "Invalid argument")]
    [InlineData("find", "echo nonsense > $D/v; mv $D/v header/size", "Invalid argument")]
    [InlineData("rsync", "echo nonsense > $D/v; rsync -I $D/v header/size", "Invalid argument")]
    [InlineData("python3", "python3 -c 'import os; open(\"header/tmpabcdefgh\", \"w\").write(\"0x100000000\"); " +
        "os.replace(\"header/tmpabcdefgh\", \"header/cluster_bits\")'", "Numerical result out of range")]
    [Trait("Category", "Slow")]
    public void A_value_that_is_refused_is_refused_in_the_move(string program, string script, string words)
    {
        Machine.Require(program);
        using var mount = MountedImage.Of("default");
        mount.Refuses(words, script);
    }

    [Trait("Category", "Slow")]
    [Fact]
    public void Temporary_files_are_never_in_the_image_and_vanish_with_the_mount()
    {
        using var mount = MountedImage.Of("default");
        var before = mount.Bytes;
        Assert.Equal("abc", mount.Do("printf abc > header/size~; printf def > .size.swp; cat header/size~; rm .size.swp; " +
            "! test -e .size.swp"));
        mount.Image_is(before);
        mount.Refuses("Operation not permitted", "echo > header/size.txt");
        mount.Refuses("Operation not permitted", "echo > header/sizeABCDE_");
        mount.Refuses("Operation not permitted", "echo > header/sizesABCDEF");
        mount.Refuses("No space left on device",
            "head -c 100M /dev/zero > extensions/x~; rm extensions/x~; head -c 100M /dev/zero > header/x~ || { rm header/x~; exit 1; }");
        Assert.Equal("", Program.Shell("$Q umount $M; $Q mount $I $M; find $M -name '*~'; $Q umount $M",
            [("M", mount.Path), ("I", mount.Image)]).Expect().Output);
    }

    [Trait("Category", "Slow")]
    [Fact]
    public void A_folder_of_images_is_edited_by_one_command()
    {
        using var mount = MountedImage.Made("""
            mkdir pool n; qemu-img create -q -f qcow2 $I 1M; echo text > pool/readme; qemu-img create -q -f raw base.raw 1M
            for i in 1 2 3; do qemu-img create -q -f qcow2 -b $D/base.raw -F raw pool/$i.qcow2; done
            """);
        var output = Program.Shell("""
            cd $D; $Q mount pool n; ls n
            sed -i 's#/.*/#/new/pool/#' n/*/backing_file; cat n/*/backing_file; $Q umount n
            """, [("D", mount.Directory.Path)]).Expect().Output;
        Assert.Equal("1.qcow2\n2.qcow2\n3.qcow2\nlast_error\n" + string.Concat(Enumerable.Repeat("/new/pool/base.raw\n", 3)), output);
    }
}
