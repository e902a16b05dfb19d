using Qcow2Fs.Cli.Commands;
using Qcow2Fs.Cli.Maps;

namespace Qcow2Fs.Cli;

/// <summary>Where the help lists a command.</summary>
internal enum CommandGroup
{
    /// <summary>Mounting and unmounting.</summary>
    Mount,

    /// <summary>What works without FUSE.</summary>
    WithoutFuse,

    /// <summary>What takes many images at once.</summary>
    Pool,

    /// <summary>qcow2.py's commands. They may also follow the image, as there.</summary>
    Qcow2Py,
}

/// <summary>A command. The summary is for the help and the completions: at most 39 characters, no quotes, no colon.</summary>
internal sealed record CommandRow(string Name, CommandGroup Group, string Summary, Action<Command> Define)
{
    /// <summary>Builds the command for the parser. Only the one that runs is built: all of them double the start time.</summary>
    public Command Build()
    {
        var command = new Command(Name, Summary);
        Define(command);
        return command;
    }
}

/// <summary>
/// All commands, in the order of the help. The help and the argument order are derived from this table; tests compare it with the
/// manual, docs/commands.md and the completions.
/// </summary>
internal static class CommandTable
{
    public static IReadOnlyList<CommandRow> Rows { get; } =
    [
        new("mount", CommandGroup.Mount, "mount an image or a folder of images", MountCommand.Define),
        new("umount", CommandGroup.Mount, "unmount, also a dead mount", UmountCommand.Define),
        new("ls", CommandGroup.WithoutFuse, "list a directory of the tree", LsCommand.Define),
        new("cat", CommandGroup.WithoutFuse, "print a file of the tree", CatCommand.Define),
        new("write", CommandGroup.WithoutFuse, "write a file of the tree; - is stdin", EditCommands.DefineWrite),
        new("rm", CommandGroup.WithoutFuse, "remove extensions, features, names", EditCommands.DefineRm),
        new("mv", CommandGroup.WithoutFuse, "rename an extension or a feature bit", EditCommands.DefineMv),
        new("map", CommandGroup.WithoutFuse, "show what every cluster holds", MapCommand.Define),
        new("check", CommandGroup.Pool, "report what QEMU objects to", CheckCommand.Define),
        new("chain", CommandGroup.Pool, "show which image is the base of which", ChainCommand.Define),
        new("relink", CommandGroup.Pool, "move names of backing and data files", RelinkCommand.Define),
        new("backup", CommandGroup.Pool, "save first clusters, as a tar", BackupCommand.Define),
        new("restore", CommandGroup.Pool, "put first clusters of a backup back", RestoreCommand.Define),
        new("rescue", CommandGroup.WithoutFuse, "find a header that was overwritten", RescueCommand.Define),
        new("create", CommandGroup.WithoutFuse, "create a small image", CreateCommand.Define),
        new("dump-header", CommandGroup.Qcow2Py, "print the header and its extensions", DumpCommands.DefineHeader),
        new("dump-header-exts", CommandGroup.Qcow2Py, "print the header extensions", DumpCommands.DefineExtensions),
        new("set-header", CommandGroup.Qcow2Py, "set a header field", HeaderCommands.DefineSetHeader),
        new("add-header-ext", CommandGroup.Qcow2Py, "add a header extension", ExtensionCommands.DefineAdd),
        new("add-header-ext-stdio", CommandGroup.Qcow2Py, "add an extension from standard input", ExtensionCommands.DefineAddStdio),
        new("del-header-ext", CommandGroup.Qcow2Py, "delete all extensions of a magic", ExtensionCommands.DefineDelete),
        new("set-feature-bit", CommandGroup.Qcow2Py, "set a feature bit", HeaderCommands.DefineSetFeatureBit),
    ];

    public static CommandRow? Find(string name) => Rows.FirstOrDefault(row => row.Name == name);
}
