using System.Collections.Concurrent;
using System.Collections.Immutable;

namespace Qcow2Fs.TestKit;

/// <summary>How to make an image with qemu-img.</summary>
/// <param name="Name">A short name, unique.</param>
/// <param name="Options">What goes between <c>create -f qcow2</c> and the file; <c>{dir}</c> means the directory.</param>
/// <param name="Size">Virtual size.</param>
/// <param name="More">Commands to follow; <c>{image}</c> and <c>{dir}</c> are replaced.</param>
public sealed record QemuImage(string Name, string[] Options, string Size = "4M", params string[][] More)
{
    // qemu-img takes seconds to choose the iterations of a LUKS key, whatever iter-time says, so one is made for all tests.
    private static readonly ConcurrentDictionary<string, Lazy<byte[]>> s_encrypted = [];

    /// <summary>Whether check needs a key that it is not given.</summary>
    public bool IsEncrypted => Options.Any(o => o.Contains("encrypt.", StringComparison.Ordinal));

    /// <summary>Makes the image and returns its path.</summary>
    public string Make(TempDirectory directory)
    {
        var image = directory[Name + ".qcow2"];
        if (IsEncrypted)
        {
            File.WriteAllBytes(image, s_encrypted.GetOrAdd(Name, _ => new(MakeBytes)).Value);
        }
        else
        {
            Make(directory, image);
        }

        return image;
    }

    private byte[] MakeBytes()
    {
        using var directory = new TempDirectory();
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                Make(directory, directory["image"]);
                return File.ReadAllBytes(directory["image"]);
            }
            catch (InvalidOperationException e) when (attempt < 10
                && e.Message.Contains("Unable to get accurate CPU usage", StringComparison.Ordinal))
            {
                // On a busy machine it gives up timing the key now and then.
            }
        }
    }

    private void Make(TempDirectory directory, string image)
    {
        if (Options.Contains("-b"))
        {
            QemuImg.Do("create", "-q", "-f", "raw", directory["base.raw"], "1M");
            QemuImg.Do("create", "-q", "-f", "qcow2", directory["base.qcow2"], "1M");
        }

        QemuImg.Do(["create", "-q", "-f", "qcow2", .. Options.Select(Filled), image, Size]);
        foreach (var command in More)
        {
            QemuImg.Do([.. command.Select(Filled)]);
        }

        string Filled(string text) =>
            text.Replace("{dir}", directory.Path, StringComparison.Ordinal).Replace("{image}", image, StringComparison.Ordinal);
    }

    /// <inheritdoc/>
    public override string ToString() => Name;
}

/// <summary>Images of every kind that qemu-img 7.2 makes.</summary>
public static class QemuImages
{
    private const string Secret = "secret,id=key,data=abc";

    /// <summary>All of them. Each takes some hundredths of a second.</summary>
    public static readonly ImmutableArray<QemuImage> All =
    [
        new("default", []),
        new("v2", ["-o", "compat=0.10"]),
        new("v2-backing", ["-o", "compat=0.10", "-b", "{dir}/base.qcow2", "-F", "qcow2"]),
        new("v2-512", ["-o", "compat=0.10,cluster_size=512"]),
        .. Enumerable.Range(9, 13).Select(bits => new QemuImage($"cluster-{1 << bits}", ["-o", $"cluster_size={1 << bits}"])),
        new("empty", [], "0"),
        new("huge", [], "64T"),
        new("odd-size", [], "1000448"),
        new("backing", ["-b", "base.qcow2", "-F", "qcow2"]),
        new("backing-raw", ["-b", "{dir}/base.raw", "-F", "raw"]),
        new("backing-json", ["-b", """json:{"driver":"raw","file":{"driver":"file","filename":"{dir}/base.raw"}}""", "-F", "raw"]),
        new("backing-512", ["-o", "cluster_size=512", "-b", "base.raw", "-F", "raw"]),
        new("data-file", ["-o", "data_file={dir}/data.bin"]),
        new("data-file-raw", ["-o", "data_file={dir}/rawdata.bin,data_file_raw=on"]),
        new("luks", ["--object", Secret, "-o", "encrypt.format=luks,encrypt.key-secret=key,encrypt.iter-time=10"]),
        new("luks-v2", ["--object", Secret, "-o", "compat=0.10,encrypt.format=luks,encrypt.key-secret=key,encrypt.iter-time=10"]),
        new("zstd", ["-o", "compression_type=zstd"]),
        new("extended-l2", ["-o", "extended_l2=on"]),
        new("lazy-refcounts", ["-o", "lazy_refcounts=on"]),
        new("preallocated", ["-o", "preallocation=metadata"]),
        new("refcount-1", ["-o", "refcount_bits=1"]),
        new("refcount-64", ["-o", "refcount_bits=64,cluster_size=4k"]),
        new("bitmap", [], "4M", ["bitmap", "--add", "{image}", "first"]),
        new("bitmaps-4k", ["-o", "cluster_size=4k"], "4M", ["bitmap", "--add", "{image}", "a"],
            ["bitmap", "--add", "-g", "1M", "{image}", "b"]),
        new("snapshot", [], "4M", ["snapshot", "-c", "one", "{image}"]),
        new("snapshots", ["-o", "cluster_size=512"], "4M", ["snapshot", "-c", "one", "{image}"], ["snapshot", "-c", "two", "{image}"]),
        new("everything", ["-o", "extended_l2=on,compression_type=zstd,lazy_refcounts=on,cluster_size=16k", "-b", "base.qcow2", "-F",
            "qcow2"],
            "4M", ["bitmap", "--add", "{image}", "b"], ["snapshot", "-c", "s", "{image}"]),
    ];

    /// <summary>Their names, for theories.</summary>
    public static IEnumerable<object[]> Names => All.Select(i => new object[] { i.Name });

    /// <summary>The image of that name.</summary>
    public static QemuImage Named(string name) => All.First(i => i.Name == name);
}
