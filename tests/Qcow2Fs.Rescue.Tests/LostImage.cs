using System.Diagnostics;
using System.Globalization;
using System.Text;
using Qcow2Fs.TestKit;

namespace Qcow2Fs.Rescue.Tests;

/// <summary>An image as qemu-img and qemu-io make it, chosen by a seed and a number, whose first cluster is to be lost.</summary>
internal sealed class LostImage
{
    /// <summary>The kinds of image, in the order in which the numbers take turns.</summary>
    public static readonly string[] Kinds =
    [
        "plain", "snapshots", "version 2", "extended L2", "compressed, zlib", "compressed, zstd", "bitmaps", "backing file", "data file",
        "preallocated", "resized", "amended", "lazy refcounts", "partitioned", "snapshots and bitmaps", "refcount width", "small clusters",
        "sparse 1 TiB", "snapshots deleted", "LUKS",
    ];

    private const string Secret = "secret,id=key,data=abc";

    private readonly TempDirectory _directory;
    private readonly Random _random;
    private readonly List<string> _options = [];
    private long _size;

    private LostImage(TempDirectory directory, int seed, int number, string kind)
    {
        (_directory, Number, Kind) = (directory, number, kind);
        _random = new Random((seed * 1_000_003) + number);
        Path = directory[$"image-{number}.qcow2"];
    }

    /// <summary>Its number.</summary>
    public int Number { get; }

    /// <summary>Its kind.</summary>
    public string Kind { get; }

    /// <summary>Where it is.</summary>
    public string Path { get; }

    /// <summary>Bytes of a cluster.</summary>
    public int ClusterSize { get; private set; }

    /// <summary>Its virtual size in bytes.</summary>
    public ulong Size => (ulong)_size;

    /// <summary>What a user knows of it.</summary>
    public RescueOptions Known { get; private set; } = new();

    /// <summary>Whether it has snapshots.</summary>
    public bool HasSnapshots => Kind.StartsWith("snapshots", StringComparison.Ordinal);

    /// <summary>The commands that made it.</summary>
    public List<string> Story { get; } = [];

    private bool IsEncrypted => Kind == "LUKS";

    /// <summary>Makes the image, of a kind that the number gives and that is none of the exceptions.</summary>
    public static LostImage Make(TempDirectory directory, int seed, int number, params string[] except)
    {
        var kinds = Kinds.Except(except).ToArray();
        var image = new LostImage(directory, seed, number, kinds[number % kinds.Length]);
        image.Make();
        return image;
    }

    /// <summary>The arguments that name a file with this image's format and key.</summary>
    public string[] Named(string path) => IsEncrypted
        ? ["--object", Secret, "--image-opts", $"driver=qcow2,file.filename={path},encrypt.format=luks,encrypt.key-secret=key"]
        : ["-f", "qcow2", path];

    private void Make()
    {
        var bits = Kind switch
        {
            "extended L2" => _random.Next(14, 22),
            "small clusters" => _random.Next(9, 12),
            "sparse 1 TiB" => _random.Next(12, 22),
            // With larger ones, or a larger disk, QEMU takes minutes to change the width of refcounts.
            "amended" => _random.Next(9, 15),
            "LUKS" => new[] { 16, 12, 18, 16 }[Number / Kinds.Length % 4],
            _ => _random.Next(3) == 0 ? 16 : _random.Next(9, 22),
        };
        ClusterSize = 1 << bits;
        _size = Kind switch
        {
            "sparse 1 TiB" => 1L << 40,
            "amended" => _random.NextInt64(1, 1L << 15) * 512,
            "preallocated" => _random.Next(1, 24 << 11) * 512L,
            "LUKS" or "data file" => _random.Next(2 << 11, 64 << 11) * 512L,
            _ when bits < 12 => _random.NextInt64(1, 1L << 21) * 512,
            _ => _random.NextInt64(1, _random.Next(2) == 0 ? 1L << 15 : 1L << 28) * 512,
        };
        _options.Add($"cluster_size={ClusterSize}");
        AddOptions();
        if (Kind == "partitioned")
        {
            MakePartitioned();
        }
        else
        {
            Create();
            Write(_random.Next(1, 25));
        }

        Change();
    }

    private void AddOptions()
    {
        var width = Kind == "version 2" || _random.Next(3) > 0 ? 16 : 1 << _random.Next(HasSnapshots ? 3 : 0, 7);
        switch (Kind)
        {
            case "version 2":
                _options.Add("compat=0.10");
                break;
            case "extended L2":
                _options.Add("extended_l2=on");
                break;
            case "compressed, zstd":
                _options.Add("compression_type=zstd");
                break;
            case "lazy refcounts":
                _options.Add("lazy_refcounts=on");
                break;
            case "refcount width":
                width = 1 << (Number / Kinds.Length % 7);
                break;
            case "data file":
                _options.Add($"data_file={_directory[$"data-{Number}.raw"]}");
                _options.Add($"data_file_raw={(_random.Next(2) == 0 ? "on" : "off")}");
                Known = Known with { DataFile = Encoding.UTF8.GetBytes(_directory[$"data-{Number}.raw"]) };
                break;
            case "preallocated":
                _options.Add($"preallocation={new[] { "metadata", "falloc", "full" }[_random.Next(3)]}");
                break;
            case "LUKS":
                _options.Add("encrypt.format=luks,encrypt.key-secret=key,encrypt.iter-time=10");
                break;
            case "backing file":
                var length = Math.Min(_size, 1 << 22) / 512 * 512;
                Img("create", "-q", "-f", "raw", _directory[$"base-{Number}.raw"], Text(length));
                Io("raw", _directory[$"base-{Number}.raw"], $"write -q -P 77 0 {length}");
                Known = Known with { BackingFile = Encoding.UTF8.GetBytes($"base-{Number}.raw"), BackingFormat = "raw"u8.ToArray() };
                break;
        }

        if (width != 16)
        {
            _options.Add($"refcount_bits={width}");
        }

        if (Kind is "snapshots" or "sparse 1 TiB" && ClusterSize >= 1 << 14 && _random.Next(4) == 0)
        {
            _options.Add("extended_l2=on");
        }
    }

    private void Create()
    {
        string[] key = IsEncrypted ? ["--object", Secret] : [];
        string[] backing = Kind == "backing file" ? ["-b", $"base-{Number}.raw", "-F", "raw"] : [];
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                Img(["create", "-q", "-f", "qcow2", .. key, "-o", string.Join(',', _options), .. backing, Path, Text(_size)]);
                return;
            }
            catch (InvalidOperationException e) when (attempt < 10 && e.Message.Contains("accurate CPU usage", StringComparison.Ordinal))
            {
                // On a busy machine it gives up timing a key now and then.
            }
        }
    }

    private void MakePartitioned()
    {
        var raw = _directory[$"disk-{Number}.raw"];
        _size = _random.Next(8, 200) << 20;
        Img("create", "-q", "-f", "raw", raw, Text(_size));
        var table = _random.Next(3);
        if (table < 2)
        {
            Tool.Run(new ProcessStartInfo("sfdisk", ["-q", raw]),
                Encoding.ASCII.GetBytes($"label: {(table == 0 ? "gpt" : "dos")}\n,2M\n,\n")).Expect();
        }
        else
        {
            Tool.Run("mkfs.ext4", "-q", "-F", raw).Expect();
        }

        Io("raw", raw, $"write -q -P 5 {_size / 2 / 512 * 512} 64k");
        string[] compressed = _random.Next(4) == 0 ? ["-c"] : [];
        Img(["convert", "-f", "raw", "-O", "qcow2", .. compressed, "-o", string.Join(',', _options), raw, Path]);
        File.Delete(raw);
    }

    private void Change()
    {
        switch (Kind)
        {
            case "snapshots" or "snapshots and bitmaps":
                Snapshots(_random.Next(1, 5));
                break;
            case "snapshots deleted":
                var count = _random.Next(2, 6);
                Snapshots(count);
                for (var i = 0; i < _random.Next(1, count); i++)
                {
                    Img("snapshot", "-d", $"snapshot {i}", Path);
                    Write(_random.Next(3));
                }

                break;
            case "resized":
                for (var i = 0; i < _random.Next(1, 4); i++)
                {
                    Img("resize", "-q", "-f", "qcow2", Path, Text(_size += _random.NextInt64(1, 1 + (_size / 256)) * 512));
                    Write(_random.Next(1, 6));
                }

                break;
            case "amended":
                if (_random.Next(2) == 0)
                {
                    Img("amend", "-f", "qcow2", "-o", $"refcount_bits={1 << _random.Next(3, 7)}", Path);
                }
                else
                {
                    Img("amend", "-f", "qcow2", "-o", "lazy_refcounts=on", Path);
                }

                Write(_random.Next(1, 6));
                break;
        }

        if (Kind is "bitmaps" or "snapshots and bitmaps")
        {
            for (var i = 0; i < _random.Next(1, 4); i++)
            {
                Img("bitmap", "--add", "-g", Text(1 << _random.Next(12, 22)), "-f", "qcow2", Path, $"bitmap {i}");
                Write(_random.Next(1, 4));
            }
        }
    }

    private void Snapshots(int count)
    {
        for (var i = 0; i < count; i++)
        {
            Img("snapshot", "-c", $"snapshot {i}", Path);
            Write(_random.Next(4));
        }

        if (_random.Next(4) == 0)
        {
            Img("snapshot", "-a", "snapshot 0", Path);
        }
    }

    private void Write(int count)
    {
        var commands = new List<string>();
        for (var i = 0; i < count; i++)
        {
            var length = Math.Min(_size, Math.Max(512, _random.NextInt64(1, 1 + (4L * ClusterSize / 512)) * 512));
            var offset = _random.NextInt64(0, 1 + ((_size - length) / 512)) * 512;
            if (_random.Next(3) > 0)
            {
                // Near the beginning, where a guest writes most.
                offset %= Math.Max(512, Math.Min(_size - length, 64L * ClusterSize) / 512 * 512);
            }

            commands.Add(_random.Next(10) switch
            {
                0 => $"write -q -z {offset} {length}",
                1 => $"discard -q {offset} {length}",
                _ when Kind.StartsWith("compressed", StringComparison.Ordinal)
                    || (_random.Next(20) == 0 && Kind is not ("data file" or "LUKS")) => Compressed(offset),
                _ => $"write -q -P {_random.Next(256)} {offset} {length}",
            });
        }

        if (commands.Count > 0)
        {
            Io("qcow2", Path, [.. commands]);
        }
    }

    private string Compressed(long offset)
    {
        offset = offset / ClusterSize * ClusterSize;
        return $"write -q -c -P {_random.Next(256)} {offset} {Math.Min(ClusterSize, _size - offset)}";
    }

    private void Io(string format, string path, params string[] commands)
    {
        var named = format == "raw" ? new[] { "-f", "raw", path } : Named(path);
        Story.Add($"qemu-io {string.Join(" ", commands.Select(c => $"-c '{c}'"))}");
        // A compressed write to a cluster that is allocated fails, and the commands after it go on.
        Tool.Run("qemu-io", [.. commands.SelectMany(command => new[] { "-c", command }), .. named]);
    }

    private void Img(params string[] arguments)
    {
        Story.Add($"qemu-img {string.Join(' ', arguments)}");
        Tool.Run(new ProcessStartInfo("qemu-img", arguments) { WorkingDirectory = _directory.Path }).Expect();
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
