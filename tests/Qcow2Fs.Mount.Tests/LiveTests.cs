namespace Qcow2Fs.Mount.Tests;

[Trait("Category", "Slow")]
public class LiveTests
{
    [Fact]
    public void Two_hundred_changes_by_QEMU_are_each_seen_at_once_and_QEMU_is_never_in_the_way()
    {
        using var mount = MountedImage.Of("default");
        var output = mount.Do("""
            for i in $(seq 1 50); do
                qemu-img resize -q $I $((i + 4))M; test $(cat header/size) = $(((i + 4) << 20)) || echo size $i
                qemu-img snapshot -c s$i $I; test $(busybox cat header/nb_snapshots) = $i || echo snapshots $i
                qemu-img amend -o lazy_refcounts=on $I; test -e features/compatible/lazy_refcounts || echo on $i
                qemu-img amend -o lazy_refcounts=off $I; ! test -e features/compatible/lazy_refcounts || echo off $i
            done
            """);
        Assert.Equal("", output);
        mount.Qemu_agrees();
    }

    [Fact]
    public void Changes_of_every_part_by_QEMU_are_seen()
    {
        using var mount = MountedImage.Of("default");
        Assert.Equal("", mount.Do("qemu-img create -q -f raw $D/b.raw 1M; qemu-img rebase -u -b b.raw -F raw $I; " +
            "test $(cat backing_file) = b.raw && test $(cat backing_format) = raw || echo rebase"));
        Assert.Equal("", mount.Do("qemu-img rebase -u -b '' $I; ! test -e backing_file || echo rebased"));
        Assert.Equal("bitmaps\n24\n", mount.Do("qemu-img bitmap --add $I b; ls features/autoclear; stat -c %s extensions/0x23852875"));
        Assert.Equal("0.10 2\n", mount.Do("qemu-img bitmap --remove $I b; qemu-img amend -o compat=0.10 $I; " +
            "echo 0.10 $(cat header/version); ! test -e header/header_length"));
    }

    [Fact]
    public void Our_edits_and_those_of_QEMU_alternate_without_loss()
    {
        using var mount = MountedImage.Of("backing");
        var output = mount.Do("""
            printf payload > extensions/0x5
            for i in 1 2 3 4 5 6 7 8 9 10; do ln -s base.qcow2 $D/name$i; done
            for i in 1 2 3 4 5 6 7 8 9 10; do
                qemu-img resize -q $I $((i + 10))M
                echo name$i > backing_file
                qemu-img amend -o lazy_refcounts=on $I; qemu-img amend -o lazy_refcounts=off $I
                touch features/compatible/$((i + 10))
                rm features/compatible/$((i + 10))
                qemu-img check -q $I || echo check
                test "$(cat extensions/0x5)" = payload || echo payload
                test "$(cat backing_file)" = name$i || echo name
            done
            """);
        Assert.Equal("", output);
        Assert.Equal("payload", mount.Do("cat extensions/0x5"));
    }

    [Theory]
    [InlineData("extensions/0x5", 30000)]
    [InlineData("backing_file", 1000)]
    [InlineData("header.bin", 131072)]
    public void A_reader_sees_the_old_or_the_new_and_nothing_between(string file, int length)
    {
        using var mount = MountedImage.Of("cluster-131072");
        var output = mount.Do("""
            head -c $2 /dev/zero | tr '\0' a > $D/a; head -c $2 /dev/zero | tr '\0' b > $D/b
            if [ $1 = header.bin ]; then cp $1 $D/a; printf abc > extensions/0x5; cp $1 $D/b; fi
            cp $D/a $1; cat $1 | md5sum > $D/good; cp $D/b $1; cat $1 | md5sum >> $D/good
            touch $D/go
            (while test -e $D/go; do cp $D/a $1; cp $D/b $1; done) &
            for i in $(seq 150); do
                cat $1 | md5sum | grep -qxFf $D/good || echo torn
                qemu-img info -U -f qcow2 $I > /dev/null || echo QEMU
            done
            rm $D/go; wait
            """, file, $"{length}");
        Assert.Equal("", output);
    }

    [Theory]
    [InlineData("cp $D/new extensions/0x5", 1)]
    [InlineData("cp $D/new extensions/0x6", 1)]
    [InlineData("dd if=$D/new of=extensions/0x5 bs=7 conv=notrunc status=none", 1)]
    [InlineData("printf new > extensions/0x5", 1)]
    [InlineData("printf new > extensions/0x6", 1)]
    [InlineData("dash -c 'cat $D/new > extensions/0x5'", 1)]
    [InlineData("echo 5M > header/size", 1)]
    [InlineData("echo 4M > header/size", 0)]
    [InlineData("mv extensions/0x5 extensions/0x6", 1)]
    [InlineData("! cp $D/large extensions/0x5 2> /dev/null", 0)]
    [InlineData("cat extensions/0x5 header.bin > /dev/null; ls -lR > /dev/null", 0)]
    public void An_edit_is_one_update_of_the_image(string edit, int updates)
    {
        Machine.Require("strace");
        using var mount = MountedImage.Of("cluster-512");
        mount.Do("head -c 200 /dev/urandom > $D/new; head -c 2000 /dev/urandom > $D/large; printf old > extensions/0x5");
        // An image of one sector needs one write for each commit, and one flush.
        var writes = mount.Do("""
            strace -f -q -e trace=pwrite64,pwritev,fsync,fdatasync -o $D/trace -p $PID 2> /dev/null &
            until [ $(cat /proc/$PID/task/*/status | grep -c 'TracerPid:.[1-9]') = $(ls /proc/$PID/task | wc -l) ]; do :; done
            eval "$1"
            kill $!; wait $!
            echo $(grep -c pwrite $D/trace) $(grep -c sync $D/trace)
            """, edit);
        Assert.Equal($"{updates} {updates}\n", writes);
    }
}
