using System.Diagnostics;
using Qcow2Fs.Codec;
using Qcow2Fs.TestKit;

namespace Qcow2Fs.Check.Tests;

/// <summary>What the real tools answer to an image.</summary>
internal static class QemuVerdict
{
    /// <summary>The answer of a tool that was killed after a while.</summary>
    public const string TimedOut = "(timeout)";

    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(10);

    /// <summary>The series that the real tools are of.</summary>
    public static QemuVersion Series { get; } = QemuVersions.Parse(QemuImg.SeriesOf(QemuVersions.Names))!.Value;

    /// <summary>The answer of qemu-img info; null if it opens.</summary>
    public static string? Info(string path) => Answer(path, "qemu-img", "info", "-f", "qcow2", "-U", path);

    /// <summary>The answer of qemu-io to an open, with a key if the header asks for one; null if it opens.</summary>
    public static string? Open(string path, ulong cryptMethod, bool write)
    {
        string[] mode = write ? [] : ["-r"];
        var format = cryptMethod switch
        {
            1 => "aes",
            2 => "luks",
            _ => null,
        };
        return format is null
            ? Answer(path, "qemu-io", [.. mode, "-f", "qcow2", "-c", "quit", path])
            : Answer(path, "qemu-io", [.. mode, "-c", "quit", "--object", "secret,id=key,data=abc", "--image-opts",
                $"driver=qcow2,file.driver=file,file.filename={path},encrypt.format={format},encrypt.key-secret=key"]);
    }

    /// <summary>Whether the image on disk is marked as dirty.</summary>
    public static bool IsDirty(string path)
    {
        var start = new byte[Header.MinClusterSize];
        using var file = File.OpenRead(path);
        file.ReadExactly(start);
        return (Header.Decode(start)[HeaderFields.IncompatibleFeatures] & 1) != 0;
    }

    private static string? Answer(string path, string program, params string[] arguments)
    {
        ToolResult result;
        try
        {
            result = Tool.Run(new ProcessStartInfo(program, arguments) { WorkingDirectory = Path.GetDirectoryName(path) }, limit: s_limit);
        }
        catch (TimeoutException)
        {
            return TimedOut;
        }

        if (result.ExitCode == 0)
        {
            return null;
        }

        if (result.ExitCode > 128)
        {
            return $"{CheckReport.CrashMark}signal {result.ExitCode - 128}";
        }

        foreach (var frame in new[] { $"Could not open '{path}': ", $"can't open device {path}: ", "can't open: " })
        {
            if (result.Error.IndexOf(frame, StringComparison.Ordinal) is >= 0 and var at)
            {
                return result.Error[(at + frame.Length)..].TrimEnd('\n');
            }
        }

        return result.ToString();
    }
}
