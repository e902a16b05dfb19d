using System.Reflection;
using Fuse3.Native;

namespace Fuse3.Tests;

/// <summary>An exception in an operation is EIO for the program and nothing worse for the mount.</summary>
public class ExceptionBarrierTests
{
    private const int Limit = 60_000;
    private const string IoError = "Input/output error";

    /// <summary>Method, C name, a script ($1 is the mount), and its message on standard error.</summary>
    public static TheoryData<string, string, string, string> Operations { get; } = new()
    {
        { "GetAttr", "getattr", "stat $1/f", IoError },
        { "Access", "access", "python3 -c 'import os,sys; os.chdir(sys.argv[1])' $1", IoError },
        { "ChMod", "chmod", "chmod 600 $1/f", IoError },
        { "Chown", "chown", "chown 1:1 $1/f", IoError },
        { "Truncate", "truncate", "truncate -s 1 $1/f", IoError },
        { "UpdateTimestamps", "utimens", "touch $1/f", IoError },
        { "Open", "open", "cat $1/f", IoError },
        { "Create", "create", "touch $1/new", IoError },
        { "Read", "read", "cat $1/f", IoError },
        { "Write", "write", "dd if=/dev/zero of=$1/f bs=1 count=1 conv=notrunc", IoError },
        { "Flush", "flush", "dd if=/dev/zero of=$1/f bs=1 count=1 conv=notrunc", IoError },
        { "Release", "release", "cat $1/f", "" },
        { "FSync", "fsync", "dd if=/dev/zero of=$1/f bs=1 count=1 conv=notrunc,fsync", IoError },
        { "StatFS", "statfs", "stat -f $1", IoError },
        { "OpenDir", "opendir", "ls $1", IoError },
        { "ReadDir", "readdir", "ls $1", IoError },
        { "ReleaseDir", "releasedir", "ls $1", "" },
        { "MkDir", "mkdir", "mkdir $1/new", IoError },
        { "RmDir", "rmdir", "rmdir $1/d", IoError },
        { "MkNod", "mknod", "mkfifo $1/new", IoError },
        { "Unlink", "unlink", "rm $1/f", IoError },
        { "Rename", "rename", "mv $1/f $1/new", IoError },
        { "Link", "link", "ln $1/f $1/new", IoError },
        { "SymLink", "symlink", "ln -s x $1/new", IoError },
        { "ReadLink", "readlink", "readlink -v $1/l", IoError },
        { "Init", "init", "true", "" },
    };

    [Fact]
    public void The_table_names_every_operation()
    {
        const BindingFlags Declared = BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly;
        string[] methods = [.. typeof(FuseFileSystemBase).GetMethods(Declared)
            .Where(method => method.IsVirtual && method.Name != nameof(FuseFileSystemBase.OnError)).Select(method => method.Name).Order()];

        Assert.Equal(methods, Operations.Select(row => (string)row[0]).Order());
        Assert.Equal(
            OperationTable.All.Select(operation => (operation.Method, operation.Name)).Order(),
            Operations.Select(row => ((string)row[0], (string)row[1])).Order());
    }

    [Theory(Timeout = Limit)]
    [MemberData(nameof(Operations))]
    public Task An_exception_is_EIO_and_is_reported(string method, string operation, string script, string message)
        => Check(new ThrowingFileSystem { Failing = method }, operation, script, message);

    [Theory(Timeout = Limit)]
    [MemberData(nameof(Operations))]
    public Task An_exception_of_the_reporter_is_swallowed(string method, string operation, string script, string message)
        => Check(new ThrowingFileSystem { Failing = method, ThrowInOnError = true }, operation, script, message);

    private static async Task Check(ThrowingFileSystem fs, string operation, string script, string message)
    {
        fs.Add("f", "content");
        fs.Files["/d"] = new() { Type = FileType.Directory, Mode = 0x1ED };
        fs.Files["/l"] = new() { Type = FileType.SymbolicLink, Content = [(byte)'f'] };
        await using var mount = new TestMount(fs);

        var result = await Child.ShellAsync(script, mount.Path);

        if (message.Length == 0)
        {
            result.Succeeded();
        }
        else
        {
            Assert.Contains(message, result.Failed(), StringComparison.Ordinal);
        }

        await Wait.UntilAsync(() => fs.ErrorCount > 0, $"no report from {operation}");
        Assert.All(fs.TakeErrors(), error => Assert.Equal((operation, "injected"), (error.Operation, error.Exception.Message)));
        fs.Failing = null;
        Assert.Equal("d\nf\nl\n", (await Child.ShellAsync("ls $1", mount.Path)).Succeeded());
        Assert.Equal(7, (await Child.ShellAsync("cat $1/f", mount.Path)).Succeeded().Length);
        Assert.Equal(0, fs.ErrorCount);
    }
}
