using System.Diagnostics;
using Qcow2Fs.TestKit;

namespace Qcow2Fs.Check.Tests.Map;

/// <summary>An image with data, and how the tools open it.</summary>
/// <param name="Name">For messages.</param>
/// <param name="Options">What goes between <c>create -f qcow2</c> and the file.</param>
/// <param name="Commands">Of qemu-io, or of qemu-img with a leading <c>!</c>; <c>{image}</c> is replaced.</param>
internal sealed record MapImage(string Name, string[] Options, params string[] Commands)
{
    private const string Secret = "secret,id=key,data=abc";

    private bool IsEncrypted => Options.Any(option => option.Contains("luks", StringComparison.Ordinal));

    /// <summary>Makes the image and returns its path.</summary>
    public string Make(TempDirectory directory)
    {
        var path = directory[Name + ".qcow2"];
        for (var attempt = 1; ; attempt++)
        {
            string[] secret = IsEncrypted ? ["--object", Secret] : [];
            var made = In(directory, "qemu-img", ["create", "-q", "-f", "qcow2", .. secret, .. Options, path, "8M"]);
            // On a busy machine it gives up timing the key now and then.
            if (made.ExitCode == 0 || attempt == 10 || !made.Error.Contains("CPU usage", StringComparison.Ordinal))
            {
                made.Expect();
                break;
            }
        }

        foreach (var command in Commands)
        {
            (command[0] == '!'
                ? In(directory, "qemu-img", command[1..].Replace("{image}", path, StringComparison.Ordinal).Split(' '))
                : In(directory, "qemu-io", [.. command.Split(';').SelectMany(part => new[] { "-c", part }), .. Open(path)])).Expect();
        }

        return path;
    }

    /// <summary>The answer of qemu-img check.</summary>
    public ToolResult Check(TempDirectory directory, string path) =>
        In(directory, "qemu-img", ["check", "--output=json", .. Open(path)]);

    private string[] Open(string path) => IsEncrypted
        ? ["--object", Secret, "--image-opts",
            $"driver=qcow2,file.driver=file,file.filename={path},encrypt.format=luks,encrypt.key-secret=key"]
        : ["-f", "qcow2", path];

    // Names of data files are relative to the directory of the process.
    private static ToolResult In(TempDirectory directory, string program, string[] arguments) =>
        Tool.Run(new ProcessStartInfo(program, arguments) { WorkingDirectory = directory.Path });

    /// <summary>Images with every structure that there is, in every width and in small and large clusters.</summary>
    public static readonly MapImage[] All =
    [
        new("plain", [], Writes(64)),
        new("small-clusters", ["-o", "cluster_size=512"], Writes(1)),
        new("large-clusters", ["-o", "cluster_size=2M"], "write 0 1M;write 5M 1k"),
        new("v2", ["-o", "compat=0.10,cluster_size=4k"], Writes(4), Snapshot("a"), "write 8k 100k", Compressed),
        .. new[] { 1, 2, 4, 8, 32, 64 }.Select(bits => new MapImage($"width-{bits}", ["-o", $"refcount_bits={bits},cluster_size=4k"],
            [Writes(4), .. bits > 1 ? [Snapshot("a"), "write 12k 200k"] : Array.Empty<string>()])),
        new("snapshots", ["-o", "cluster_size=1k"], Writes(1), Snapshot("a"), "write 0 300k", Snapshot("b"),
            "write 100k 300k;discard 0 10k", Snapshot("c")),
        new("extended", ["-o", "extended_l2=on,cluster_size=16k"], Writes(16), "write 1M 4k;write -z 1032k 2k;discard 64k 16k",
            Snapshot("a"), "write 2k 1k"),
        new("compressed", ["-o", "cluster_size=4k"], Compressed, Snapshot("a"), Writes(4)),
        new("zstd", ["-o", "compression_type=zstd"], "write -c -P 7 0 2M", "write 64k 64k"),
        new("extended-compressed", ["-o", "extended_l2=on,cluster_size=16k"], "write -c -P 7 0 1M;write 2M 100k"),
        new("luks", ["-o", "encrypt.format=luks,encrypt.key-secret=key,encrypt.iter-time=10,cluster_size=4k"], Writes(4)),
        new("bitmaps", ["-o", "cluster_size=4k"], Writes(4), "!bitmap --add -g 4k {image} one", "!bitmap --add -g 64k {image} two",
            "write 100k 300k;write 4M 1M"),
        new("everything", ["-o", "cluster_size=16k,extended_l2=on,compression_type=zstd,lazy_refcounts=on"],
            "write -c -P 3 0 256k;write 1M 200k", "!bitmap --add {image} b", "write 2M 64k", Snapshot("a"), "write 1M 20k"),
        new("data-file", ["-o", "data_file=data.bin,cluster_size=4k"], Writes(4)),
        new("backing", ["-b", "plain.qcow2", "-F", "qcow2", "-o", "cluster_size=4k"], Writes(4), "write -z 1M 1M"),
        new("preallocated", ["-o", "preallocation=metadata,cluster_size=8k"], "write 0 64k"),
    ];

    private const string Compressed = "write -c -P 7 4M 64k;write -c -P 9 5M 128k;write -c 6M 4k";

    private static string Writes(int kilobytes) =>
        $"write 0 {8 * kilobytes}k;write 1M {3 * kilobytes}k;write -z 2M {4 * kilobytes}k;write 7M {kilobytes}k;discard 1M {kilobytes}k";

    private static string Snapshot(string name) => $"!snapshot -c {name} {{image}}";
}
