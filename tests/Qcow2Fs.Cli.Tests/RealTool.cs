using System.Diagnostics;
using Qcow2Fs.TestKit;

namespace Qcow2Fs.Cli.Tests;

/// <summary>
/// QEMU's own qcow2.py, for comparison. It is GPL and no part of this project: where QCOW2_PY names a copy (QEMU's source
/// package has it in tests/qemu-iotests), the tests run it; else they compare with outputs that it has made.
/// </summary>
internal static class RealTool
{
    // One process for many images. Its own words, without our program's name, go to FILE.out; nothing where it fails.
    private const string Driver = """
        import contextlib, io, os, sys
        sys.path.insert(0, os.path.dirname(sys.argv[1]))
        import qcow2
        for path in sys.argv[2:]:
            out = io.StringIO()
            try:
                with contextlib.redirect_stdout(out):
                    for json in (False, True):
                        qcow2.is_json = json
                        with open(path, 'rb') as f:
                            qcow2.cmd_dump_header(f)
                            f.seek(0)
                            qcow2.cmd_dump_header_exts(f)
                with open(path + '.out', 'w', newline='') as f:
                    f.write(out.getvalue())
            except Exception:
                pass
        """;

    /// <summary>Where it is, or null.</summary>
    public static string? Location => Environment.GetEnvironmentVariable("QCOW2_PY");

    /// <summary>All four dumps of each image, one after the other; null where it cannot dump one.</summary>
    public static IReadOnlyList<byte[]?> Dump(IReadOnlyList<string> images)
    {
        Tool.Run(new ProcessStartInfo("python3", ["-c", Driver, Location!, .. images]), limit: TimeSpan.FromSeconds(100)).Expect();
        return [.. images.Select(image => File.Exists(image + ".out") ? File.ReadAllBytes(image + ".out") : null)];
    }
}
