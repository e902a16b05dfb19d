namespace Qcow2Fs.Mount.Tests;

[Trait("Category", "Slow")]
public class ShellTests
{
    private static readonly (string Program, string Command, string Invalid, string Range)[] s_shells =
    [
        ("bash", "bash -c", "Invalid argument", "Numerical result out of range"),
        // dash has one word for all errors of a write.
        ("dash", "dash -c", "I/O error", "I/O error"),
        ("busybox", "busybox sh -c", "Invalid argument", "Numerical result out of range"),
        ("zsh", "zsh -c", "invalid argument", "numerical result out of range"),
        ("mksh", "mksh -c", "Invalid argument", "Numerical result out of range"),
        ("fish", "fish -c", "Invalid argument", "Numerical result out of range"),
    ];

    public static IEnumerable<object[]> Shells => s_shells.Select(s => new object[] { s.Program, s.Command });

    public static IEnumerable<object[]> Refusals => s_shells.Select(s => new object[] { s.Program, s.Command, s.Invalid, s.Range });

    [Theory]
    [MemberData(nameof(Shells))]
    public void A_shell_writes_values_names_and_payloads(string program, string command)
    {
        Machine.Require(program);
        using var mount = MountedImage.Of("backing");
        (string Script, string File, string Content)[] rows =
        [
            ("echo 8388608 > header/size", "header/size", "8388608\n"),
            ("printf 0x900000 > header/size", "header/size", "9437184\n"),
            ("echo other.qcow2 > backing_file", "backing_file", "other.qcow2\n"),
            ("printf more > extensions/0x5", "extensions/0x5", "more"),
            ("printf more >> extensions/0x5", "extensions/0x5", "moremore"),
            ("echo line > extensions/0x5", "extensions/0x5", "line\n"),
            ("echo a b > features/compatible/9", "features/compatible/9", "a b\n"),
            ("cat header/size > $D/v; cat $D/v > header/size", "header/size", "9437184\n"),
        ];
        foreach (var (script, file, content) in rows)
        {
            mount.Do($"{command} \"$1\"", script);
            Assert.Equal(content, mount.Do("cat $1", file));
        }

        var before = mount.Bytes;
        mount.Do($"{command} \"$1\"", "true > header/size; true > backing_file; true >> header/size; true > header.bin");
        mount.Image_is(before);
    }

    [Theory]
    [MemberData(nameof(Refusals))]
    public void A_shell_shows_why_a_value_was_refused(string program, string command, string invalid, string range)
    {
        Machine.Require(program);
        using var mount = MountedImage.Of("cluster-512");
        mount.Refuses(invalid, $"{command} 'echo nonsense > header/size'");
        // Only the exit status tells it where printf of busybox fails.
        mount.Refuses(program == "busybox" ? "" : invalid, $"{command} 'printf nonsense > header/size'");
        mount.Refuses(program == "busybox" ? "" : invalid, $"{command} 'printf x >> header/size'");
        mount.Refuses(range, $"{command} 'echo 4294967296 > header/cluster_bits'");
        mount.Refuses("", $"{command} 'echo 1 > header/sise'");
        mount.Refuses("", $"{command} 'echo x > extensions/name'");
    }

    [Theory]
    [MemberData(nameof(Shells))]
    public void A_loop_of_a_shell_edits_every_extension(string program, string command)
    {
        Machine.Require(program);
        using var mount = MountedImage.Of("default");
        var loop = program == "fish"
            ? "for i in 1 2 3; echo v$i > extensions/0x$i; end; for f in extensions/*; cat $f > /dev/null; end; rm extensions/*"
            : "for i in 1 2 3; do echo v$i > extensions/0x$i; done; for f in extensions/*; do cat $f > /dev/null; done; rm extensions/*";
        mount.Do($"{command} \"$1\"", loop);
        Assert.Empty(mount.Header.Extensions);
        mount.Qemu_agrees();
    }
}
