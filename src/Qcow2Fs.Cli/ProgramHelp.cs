using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Qcow2Fs.Cli;

/// <summary>--help and --version of the program itself. The library's list of commands would not fit a screen of 24 lines.</summary>
internal static class ProgramHelp
{
    public const string Text = """
        qcow2fs: QEMU's qcow2 header as files; cat, echo, ls, rm, mv and cp change it

        mount [-f] [-o OPTS] SOURCE MOUNTPOINT   mount a header; also: SOURCE MOUNTPOINT
        umount MOUNTPOINT                        unmount, also a dead mount

        without FUSE, the same tree (PATH is header/size, extensions/0x12345678, ...):
        ls [-l] [-p] IMAGE [PATH]                list it
        cat IMAGE PATH                           print a file
        write IMAGE PATH VALUE|-                 write a file; - takes standard input
        rm IMAGE PATH...                         remove extensions, features, names
        mv IMAGE FROM TO                         another magic, another bit
        check [--json] IMAGE...                  what QEMU would object to
        create [-o OPTS] [-b FILE -F FMT] IMAGE SIZE   a small valid image

        qcow2.py's words, also as IMAGE COMMAND ...:
        dump-header [-j] IMAGE                   print fields and extensions
        dump-header-exts [-j] IMAGE              print extensions
        set-header IMAGE FIELD VALUE             set-feature-bit IMAGE GROUP BIT
        add-header-ext IMAGE MAGIC TEXT          add-header-ext-stdio IMAGE MAGIC
        del-header-ext IMAGE MAGIC

        COMMAND --help says more; --version; -- ends the options; manual: qcow2fs(1)
        exit status: 0 done, 1 refused or failed, 2 wrong use, 3 check found something

        """;

    public static void Attach(RootCommand root)
    {
        var help = root.Options.OfType<HelpOption>().Single();
        help.Action = new Print((SynchronousCommandLineAction)help.Action!, Text);
        root.Options.OfType<VersionOption>().Single().Action = new Print(null, $"{CommandLine.Program} {Version}\n");
    }

    // The informational version goes on with a commit's hash.
    private static string Version => typeof(ProgramHelp).Assembly.GetName().Version!.ToString(3);

    private sealed class Print(SynchronousCommandLineAction? forCommands, string text) : SynchronousCommandLineAction
    {
        // Whoever asks for help has not said everything yet.
        public override bool ClearsParseErrors => true;

        public override int Invoke(ParseResult parseResult)
        {
            if (forCommands is not null && parseResult.CommandResult.Command is not RootCommand)
            {
                return forCommands.Invoke(parseResult);
            }

            using var output = new StreamWriter(StandardStreams.OpenOutput());
            output.Write(text);
            return ExitCode.Done;
        }
    }
}
