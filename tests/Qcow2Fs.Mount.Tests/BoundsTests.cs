using System.Globalization;

namespace Qcow2Fs.Mount.Tests;

/// <summary>What others can make a mount wait for, and what it keeps.</summary>
[Trait("Category", "Slow")]
public sealed class BoundsTests
{
    /// <summary>
    /// Who may read an image may lock any byte of it for reading. Its own writes are then refused; twenty of them, and those of the image
    /// beside it, do not wait (2 s each would be 40 s).
    /// </summary>
    [Fact]
    public void A_reader_that_locks_the_byte_of_a_commit_stalls_no_mount()
    {
        Machine.Require("python3");
        using var pool = MountedImage.Made("mkdir $I; for i in a b; do qemu-img create -q -f qcow2 $I/$i 1M; done");
        var result = pool.Run("""
            cat > $D/try.py <<'end'
            import errno, fcntl, os, sys, time
            image = open(os.environ["I"] + "/a", "rb")
            fcntl.lockf(image, fcntl.LOCK_SH, 1, 0x51324653)
            start = time.monotonic()
            for i in range(20):
                for name, refused in ("a", True), ("b", False):
                    try:
                        with open(name + "/header/size", "wb", buffering=0) as file:
                            file.write(b"%d" % (i * 512))
                        if refused:
                            sys.exit("not refused")
                    except OSError as e:
                        if not refused or e.errno != errno.EBUSY:
                            raise
            if time.monotonic() - start > 20:
                sys.exit("it waits")
            end
            python3 $D/try.py && cat a/last_error
            """);
        Assert.Equal("", result.Error);
        Assert.Contains("header/size: a program that reads the image has locked", result.Output, StringComparison.Ordinal);
    }

    /// <summary>A quarter of a million extensions: the document has 17 MB. Of ten writers one completes his.</summary>
    [Fact]
    public void Ten_documents_of_a_quarter_of_a_million_extensions_stay_in_bounds() => StaysInBounds(
        """
        cluster("$I", 2 << 20, struct.pack(">II", 0xab, 0) * 250000)
        """,
        """
        document = open("header.json", "rb").read()
        handles = [os.open("header.json", os.O_RDWR | os.O_TRUNC) for _ in range(10)]
        for handle in handles:
            for offset in range(0, len(document) - 10, 1 << 17):
                os.pwrite(handle, document[offset:min(offset + (1 << 17), len(document) - 10)], offset)
        os.pwrite(handles[0], document[-10:], len(document) - 10)
        # What was composed is read back from wherever it is.
        assert os.pread(handles[9], 1 << 17, 10000000) == document[10000000:10000000 + (1 << 17)]
        os.close(handles[0])
        for handle in handles[1:]:
            refuses(errno.EINVAL, os.close, handle)
        assert open("header.json", "rb").read() == document
        """);

    [Fact]
    public void Forty_writers_of_an_extension_of_two_megabytes_stay_in_bounds() => StaysInBounds(
        """
        cluster("$I", 2 << 20, struct.pack(">II", 0xcafe, 1000000) + os.urandom(1000000))
        """,
        """
        before = open("extensions/0xcafe", "rb").read()
        readers = [os.open("extensions/0xcafe", os.O_RDONLY) for _ in range(40)]
        handles = [os.open("extensions/0xcafe", os.O_RDWR) for _ in range(40)]
        for i, handle in enumerate(handles):
            os.pwrite(handle, b"%06d" % i, 500000 + i)
        for i, handle in enumerate(handles):
            assert os.pread(handle, 6, 500000 + i) == b"%06d" % i and os.pread(handle, 1000, 999000) == before[-1000:]
        os.close(handles[0])
        # The others wrote to what is not there any more.
        for handle in handles[1:]:
            refuses(errno.ESTALE, os.close, handle)
        for reader in readers:
            assert os.pread(reader, 1000000, 0) == before[:1000000]
        assert open("extensions/0xcafe", "rb").read() == before[:500000] + b"000000" + before[500006:]
        """);

    /// <summary>Their original clusters are 128 MiB and are all still there.</summary>
    [Fact]
    public void Two_thousand_changed_images_stay_in_bounds() => StaysInBounds(
        """
        os.mkdir("$I")
        for i in range(2000):
            cluster(f"$I/{i}", 1 << 16, b"", os.urandom(60000))
        """,
        """
        def first(path):
            with open(path, "rb") as file:
                return file.read(1 << 16)
        images = os.environ["I"]
        before = [hashlib.md5(first(f"{images}/{i}")).digest() for i in range(2000)]
        for i in range(2000):
            write(f"{i}/header/size", b"512")
        for i in range(2000):
            assert hashlib.md5(first(f"{i}/header.orig.bin")).digest() == before[i], i
        """);

    /// <summary>Documents, lists, first clusters and temporary files of thirty images with 262,000 extensions, all open at once.</summary>
    [Fact]
    public void Whatever_is_open_of_thirty_large_headers_stays_in_bounds() => StaysInBounds(
        """
        os.mkdir("$I")
        for i in range(30):
            cluster(f"$I/{i}", 2 << 20, struct.pack(">II", 0xab, 0) * 262000)
        """,
        """
        handles, lists = [], []
        for i in range(30):
            handles.append(os.open(f"{i}/header.json", os.O_RDONLY))
            os.read(handles[-1], 100)
        for i in range(30):
            lists.append(os.scandir(f"{i}/extensions"))
            next(lists[-1])
        for i in range(30):
            for name in "header.bin", "problems":
                handles.append(os.open(f"{i}/{name}", os.O_RDONLY))
                os.read(handles[-1], 100)
        for i in range(30):
            handles.append(os.open(f"{i}/header/a.tmp", os.O_RDWR | os.O_CREAT))
            for offset in range(0, 7 << 20, 1 << 17):
                os.pwrite(handles[-1], bytes([i]) * (1 << 17), offset)
        for i, handle in enumerate(handles[-30:]):
            assert os.pread(handle, 9, (7 << 20) - 8) == bytes([i]) * 8
        # A list that was dropped goes on where it was.
        for entries in lists[0], lists[-1]:
            names = {next(entries).name for _ in range(5000)}
            assert len(names) == 5000 and "0x000000ab.5001" in names, len(names)
        """);

    /// <summary>Makes images, mounts them, uses the mount, and looks at the most memory that the daemon has had.</summary>
    private static void StaysInBounds(string make, string use)
    {
        Machine.Require("python3");
        using var mount = MountedImage.Made($$"""
            cat > $D/make.py <<end
            import os, struct
            def cluster(path, size, extensions, behind=b""):
                bits = size.bit_length() - 1
                fields = struct.pack(">4sIQIIQIIQQIIQQQQII", b"QFI\xfb", 3, 0, 0, bits, 1 << 20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 104)
                with open(path, "wb") as file:
                    file.write((fields + extensions + bytes(8 + -len(extensions) % 8) + behind).ljust(size, bytes(1)))
            {{make}}
            end
            python3 $D/make.py
            """);
        mount.Do($$"""
            cat > $D/use.py <<'end'
            import errno, hashlib, os
            def refuses(error, action, *arguments):
                try:
                    action(*arguments)
                except OSError as e:
                    assert e.errno == error, e
                else:
                    raise AssertionError("not refused")
            def write(path, data):
                with open(path, "wb", buffering=0) as file:
                    file.write(data)
            {{use}}
            end
            python3 $D/use.py
            """);
        var peak = int.Parse(mount.Line("grep VmHWM /proc/$PID/status | tr -dc 0-9"), CultureInfo.InvariantCulture);
        Assert.InRange(peak, 1, 200 << 10);
    }
}
