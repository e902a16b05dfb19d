using Qcow2Fs.TestKit;

namespace Qcow2Fs.Mount.Tests;

/// <summary>What the machine must have. Where something is missing the tests fail and say what; they never skip.</summary>
internal static class Machine
{
    /// <summary>Every program that the tests use, and the Debian package that has it.</summary>
    public static readonly (string Program, string Package)[] Programs =
    [
        ("bash", "bash"), ("dash", "dash"), ("busybox", "busybox"), ("zsh", "zsh"), ("mksh", "mksh"), ("fish", "fish"),
        ("qemu-img", "qemu-utils"), ("qemu-io", "qemu-utils"), ("fusermount3", "fuse3"), ("umount", "mount"),
        ("python3", "python3"), ("perl", "perl-base"), ("ed", "ed"), ("vim", "vim"), ("nano", "nano"), ("emacs", "emacs-nox"),
        ("rsync", "rsync"), ("tar", "tar"), ("strace", "strace"), ("flock", "util-linux"), ("setpriv", "util-linux"),
            ("unshare", "util-linux"), ("findmnt", "mount"), ("ps", "procps"), ("pgrep", "procps"),
        ("md5sum", "coreutils"), ("cmp", "diffutils"), ("find", "findutils"), ("xxd", "xxd"),
    ];

    /// <summary>Whether the program is installed.</summary>
    public static bool Has(string program) => Tool.Run("sh", "-c", "command -v \"$0\"", program).ExitCode == 0;

    /// <summary>Says what is missing instead of a mount's own words.</summary>
    public static void RequireFuse()
    {
        if (!File.Exists("/dev/fuse"))
        {
            throw new InvalidOperationException("/dev/fuse is missing; these tests make real mounts (modprobe fuse, or docker run " +
                "--device /dev/fuse --cap-add SYS_ADMIN)");
        }
    }

    /// <summary>Says which package is missing.</summary>
    public static void Require(string program)
    {
        var package = Programs.First(p => p.Program == program).Package;
        if (!Has(program))
        {
            throw new InvalidOperationException($"{program} is not installed; the tests need it (Debian: package {package})");
        }
    }
}
