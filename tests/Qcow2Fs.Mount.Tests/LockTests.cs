using System.Diagnostics;
using System.Text;
using Qcow2Fs.TestKit;

namespace Qcow2Fs.Mount.Tests;

[Trait("Category", "Slow")]
public class LockTests
{
    private const string Busy = "Device or resource busy";

    [Fact]
    public void While_QEMU_writes_ours_are_refused_and_reads_go_on()
    {
        using var mount = MountedImage.Of("backing-raw");
        mount.Do("printf abc > extensions/0x5; touch features/compatible/9");
        using (QemuIo.Open(mount))
        {
            foreach (var script in new[]
            {
                "echo 1 > header/size", "printf 1 >> backing_file", "echo x > backing_file", "rm backing_file",
                    "touch features/compatible/10",
                "rm features/compatible/9", "touch extensions/0x6", "rm extensions/0x5", "mv extensions/0x5 extensions/0x6",
                "echo x > $D/x; cp $D/x extensions/0x5", "truncate -s 1 extensions/0x5", "cp header.bin $D/h; cp $D/h header.bin",
                    "echo 2 > header/version",
            })
            {
                Assert.Contains("use", mount.Refuses(Busy, script), StringComparison.Ordinal);
            }

            Assert.Equal("abc", mount.Do("cat extensions/0x5"));
            mount.Do("find . -type f -exec cat {} + > /dev/null; ls -lR . > /dev/null");
        }

        mount.Do("echo 5M > header/size; printf def > extensions/0x5; rm features/compatible/9");
        Assert.Equal("def", mount.Do("cat extensions/0x5"));
        mount.Qemu_agrees();
    }

    [Fact]
    public void What_QEMU_writes_while_we_are_refused_is_not_lost()
    {
        using var mount = MountedImage.Of("default");
        using (var qemu = QemuIo.Open(mount))
        {
            qemu.Do("write -P 7 0 64k");
            mount.Refuses(Busy, "echo 1 > header/size");
            qemu.Do("truncate 6M");
            Assert.Equal("6291456\n", mount.Do("cat header/size"));
        }

        mount.Do("printf abc > extensions/0x5");
        Assert.Equal(0, Tool.Run("qemu-io", "-f", "qcow2", "-c", "read -P 7 0 64k", mount.Image).ExitCode);
        mount.Qemu_agrees();
    }

    [Fact]
    public void A_reader_that_forbids_writers_is_respected()
    {
        using var mount = MountedImage.Of("default");
        using (QemuIo.Open(mount, "-r"))
        {
            mount.Refuses(Busy, "echo 1 > header/size");
            Assert.Equal("4194304\n", mount.Do("cat header/size"));
        }

        mount.Do("echo 5M > header/size");
    }

    [Fact]
    public void Dash_and_fish_fail_visibly_too()
    {
        using var mount = MountedImage.Of("default");
        using var qemu = QemuIo.Open(mount);
        foreach (var shell in new[] { "dash -c", "fish -c", "zsh -c", "mksh -c", "busybox sh -c" })
        {
            Assert.NotEqual("", mount.Refuses("", $"{shell} 'echo 1 > header/size'"));
        }
    }

    [Fact]
    public void Idle_and_after_each_edit_no_lock_and_no_descriptor_is_left()
    {
        using var mount = MountedImage.Of("backing");
        Nothing_is_held();
        foreach (var edit in new[]
        {
            "cat header/size", "echo 5M > header/size", "printf abc > extensions/0x5", "rm extensions/0x5", "echo n > backing_file",
            "echo 2 > header/version", "(! echo x > header/size) 2> /dev/null", "cp header.bin $D/h; cp $D/h header.bin",
        })
        {
            mount.Do(edit + " > /dev/null");
            Nothing_is_held();
        }

        // Also while one of our files is open.
        mount.Do("exec 3<> extensions/0x7; echo n >&3; qemu-img info -f qcow2 $I > /dev/null; qemu-img check -q $I || true; " +
            "qemu-img resize -q $I 6M");

        void Nothing_is_held()
        {
            var inode = Program.Shell("stat -c %i $1", mount.Image).Output.Trim();
            Assert.Equal("", Program.Shell("grep \":$1 \" /proc/locks || true", inode).Output);
            Assert.DoesNotContain(mount.Image, mount.Do("ls -l /proc/$PID/fd"), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Many_editors_at_once_lose_nothing()
    {
        using var mount = MountedImage.Of("cluster-131072");
        mount.Do("""
            for p in 1 2 3 4; do
                (for i in $(seq 10 29); do
                    printf $p$i > extensions/0x$p$i && touch features/compatible/$((p * 10 + i % 10)) || echo failed
                done) &
            done
            wait
            """);
        Assert.Equal(81, mount.Header.Extensions.Length);
        Assert.Equal(40, System.Numerics.BitOperations.PopCount(mount.Header["compatible_features"]));
        Assert.Equal("329", mount.Do("cat extensions/0x329"));
        mount.Qemu_agrees();
    }

    /// <summary>A qemu-io that holds the image until it is closed.</summary>
    private sealed class QemuIo : IDisposable
    {
        private readonly Process _process;

        private QemuIo(Process process) => _process = process;

        public static QemuIo Open(MountedImage mount, params string[] options)
        {
            Machine.Require("qemu-io");
            var qemu = new QemuIo(Process.Start(new ProcessStartInfo("qemu-io", [.. options, "-f", "qcow2", mount.Image])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
            })!);
            qemu.WaitForPrompt();
            return qemu;
        }

        /// <summary>Gives a command and waits until it has been done.</summary>
        public void Do(string command)
        {
            _process.StandardInput.WriteLine(command);
            _process.StandardInput.Flush();
            WaitForPrompt();
        }

        private void WaitForPrompt()
        {
            var (said, buffer) = (new StringBuilder(), new char[1]);
            while (!said.ToString().EndsWith("qemu-io> ", StringComparison.Ordinal))
            {
                Assert.Equal(1, _process.StandardOutput.ReadAsync(buffer, 0, 1).WaitAsync(Program.Limit).GetAwaiter().GetResult());
                said.Append(buffer);
            }
        }

        public void Dispose()
        {
            _process.StandardInput.Close();
            if (!_process.WaitForExit(Program.Limit))
            {
                _process.Kill();
            }

            _process.Dispose();
        }
    }
}
