using System.Diagnostics;
using System.Text;
using Mono.Unix.Native;
using Qcow2Fs.TestKit;

namespace Qcow2Fs.Mount.Tests;

/// <summary>
/// An image and its mount by the real program, both gone at the end. Only child processes touch the mount; this one
/// reads and writes the image file itself.
/// </summary>
/// <remarks>
/// Scripts run in the mount and know <c>$M</c> (the mount), <c>$I</c> (the image), <c>$D</c> (a directory for other files)
/// and <c>$Q</c> (the program). At the end the daemon must exit with 0 and must have said nothing but that it was ready:
/// its words would be those of an unexpected exception.
/// </remarks>
internal sealed class MountedImage : IDisposable
{
    // From size to snapshot_offset, the last field of version 2.
    private const int TablesStart = 24;
    private const int TablesEnd = 72;

    // A truncation alone is committed after the last close: the mount answers the next request when that is done.
    private const string Settle = "trap 'stat \"$M\" > /dev/null 2>&1' EXIT\n";

    private readonly Process _daemon;
    private readonly StringBuilder _words = new();
    private readonly ManualResetEventSlim _ready = new();

    private Signum _signal = Signum.SIGKILL;

    private MountedImage(TempDirectory directory, string image, string[] options)
    {
        Directory = directory;
        Image = image;
        System.IO.Directory.CreateDirectory(Path);
        var start = Program.StartOf(null, ["mount", "-f", .. options.SelectMany(o => new[] { "-o", o }), image, Path]);
        _daemon = Process.Start(start)!;
        _daemon.ErrorDataReceived += (_, line) => Hear(line.Data);
        _daemon.BeginErrorReadLine();
        if (!_ready.Wait(Program.Limit) || _daemon.HasExited)
        {
            var words = Words;
            Dispose();
            throw new InvalidOperationException($"the mount of {image} did not become ready: {words}");
        }
    }

    public TempDirectory Directory { get; }

    public string Image { get; }

    /// <summary>The mount point.</summary>
    public string Path => Directory["mount"];

    /// <summary>The daemon.</summary>
    public int ProcessId => _daemon.Id;

    /// <summary>All bytes of the image file.</summary>
    public byte[] Bytes => File.ReadAllBytes(Image);

    /// <summary>What the second reader says of the image.</summary>
    public ReferenceHeader Header => ReferenceReader.Read(Bytes);

    private string Words
    {
        get
        {
            lock (_words)
            {
                return _words.ToString();
            }
        }
    }

    /// <summary>Mounts an image of <see cref="QemuImages"/>.</summary>
    public static MountedImage Of(string recipe, params string[] options)
    {
        var directory = new TempDirectory();
        return new(directory, QemuImages.Named(recipe).Make(directory), options);
    }

    /// <summary>Mounts an image of qemu-img that got this header; its tables are where and what they were.</summary>
    public static MountedImage Of(HeaderBuilder header, params string[] options)
    {
        var directory = new TempDirectory();
        var image = directory["image.qcow2"];
        QemuImg.Do("create", "-q", "-f", "qcow2", "-o", $"cluster_size={header.ClusterSize}", image, "1M");
        var (bytes, made) = (File.ReadAllBytes(image), header.Build());
        bytes.AsSpan(TablesStart..TablesEnd).CopyTo(made.AsSpan(TablesStart));
        made.CopyTo(bytes, 0);
        File.WriteAllBytes(image, bytes);
        return new(directory, image, options);
    }

    /// <summary>Mounts an image made by a script that knows $D and makes $I.</summary>
    public static MountedImage Made(string script, params string[] options)
    {
        var directory = new TempDirectory();
        var image = directory["image.qcow2"];
        Program.Shell($"set -e; cd \"$D\"; {script}", [("D", directory.Path), ("I", image)]).Expect();
        return new(directory, image, options);
    }

    /// <summary>Runs a script in the mount.</summary>
    public ToolResult Run(string script, params string[] arguments) => Program.Shell(
        $"{Settle}cd \"$M\" || exit 99\n{script}",
        [("M", Path), ("I", Image), ("D", Directory.Path), ("PID", $"{_daemon.Id}")],
        arguments);

    /// <summary>The output of a script that must succeed and say nothing on its standard error.</summary>
    public string Do(string script, params string[] arguments)
    {
        var result = Run(script, arguments);
        if (result is not { ExitCode: 0, Error: "" })
        {
            Assert.Fail($"{result}\nlast_error: {Run("cat last_error").Output}");
        }

        return result.Output;
    }

    /// <summary>The first line of the output of a script that must succeed.</summary>
    public string Line(string script, params string[] arguments) => Do(script, arguments).TrimEnd('\n');

    /// <summary>A script that must fail, with those words, and leave image and mount as they were and a sentence in last_error.</summary>
    /// <returns>The sentence.</returns>
    public string Refuses(string words, string script, params string[] arguments)
    {
        var before = Bytes;
        var result = Run(script, arguments);
        Assert.True(result.ExitCode != 0 && result.Error.Contains(words, StringComparison.Ordinal),
            $"not refused with \"{words}\": {result}");
        Image_is(before);
        var sentence = LastError();
        Assert.Matches(@"\A[^\n]+\n\z", sentence);
        return sentence.TrimEnd('\n');
    }

    public string LastError() => Run("cat last_error").Expect().Output;

    public void Image_is(byte[] bytes) =>
        Assert.True(Bytes.AsSpan().SequenceEqual(bytes), $"the image has other bytes: {Difference.Of(bytes, Bytes)}");

    /// <summary>What QEMU says of the image, at this moment and without a lock.</summary>
    public System.Text.Json.JsonElement Info() => QemuImg.Info(Image);

    /// <summary>info and check of QEMU find nothing to object to.</summary>
    public void Qemu_agrees()
    {
        var info = QemuImg.Run("info", "-f", "qcow2", Image);
        Assert.True(info is { ExitCode: 0, Error: "" }, info.ToString());
        var check = QemuImg.Check(Image, "-q");
        Assert.True(check.ExitCode == 0, check.ToString());
    }

    /// <summary>Sends a signal to the daemon.</summary>
    public void Signal(Signum signal) => Assert.Equal(0, Syscall.kill(_daemon.Id, signal));

    /// <summary>Whether the daemon ends in that time.</summary>
    public bool EndsWithin(TimeSpan time) => _daemon.WaitForExit(time);

    /// <summary>Says which signal may have killed the daemon; without this only SIGKILL.</summary>
    public void Expect(Signum signal) => _signal = signal;

    /// <summary>Waits for the daemon's end.</summary>
    /// <returns>Its exit status.</returns>
    public int Ended()
    {
        Assert.True(_daemon.WaitForExit(Program.Limit), "the daemon did not end");
        return _daemon.ExitCode;
    }

    public void Dispose()
    {
        try
        {
            End();
        }
        finally
        {
            Mounts.Clear(Path);
            Directory.Dispose();
            _daemon.Dispose();
        }
    }

    private void End()
    {
        if (!_daemon.HasExited)
        {
            _ = Syscall.kill(_daemon.Id, Signum.SIGTERM);
            if (!_daemon.WaitForExit(Program.Limit))
            {
                _daemon.Kill();
                throw new InvalidOperationException($"the daemon had to be killed: {Words}");
            }
        }

        // Without a limit it also waits for the rest of the words.
        _daemon.WaitForExit();
        var isKilled = _daemon.ExitCode == 128 + (int)_signal;
        Assert.True(_daemon.ExitCode == 0 || isKilled || !_ready.IsSet, $"the daemon ended with {_daemon.ExitCode}: {Words}");
        Assert.True(Words.Count(c => c == '\n') <= 1, $"the daemon said more than that it was ready: {Words}");
    }

    private void Hear(string? line)
    {
        lock (_words)
        {
            _words.Append(line).Append(line is null ? "" : "\n");
        }

        // The first line says that it is ready or why it is not.
        _ready.Set();
    }
}
