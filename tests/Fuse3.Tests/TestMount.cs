namespace Fuse3.Tests;

/// <summary>A mount on a directory of its own, unmounted and removed at the end whatever happened.</summary>
internal sealed class TestMount : IAsyncDisposable
{
    public TestMount(FuseFileSystemBase fileSystem, MountOptions? options = null)
    {
        Directory = new TestDirectory();
        try
        {
            Mount = Fuse.Mount(Directory.Path, fileSystem, options ?? new MountOptions());
        }
        catch
        {
            Directory.Dispose();
            throw;
        }
    }

    public TestDirectory Directory { get; }

    public IFuseMount Mount { get; }

    public string Path => Directory.Path;

    /// <summary>Runs a script in the mount, with $1, $2... as given.</summary>
    public Task<ChildResult> ShellAsync(string script, params string[] arguments)
        => Child.ShellAsync($"cd \"$0\" || exit 99\n{script}".Replace("$0", Path, StringComparison.Ordinal), arguments);

    public async ValueTask DisposeAsync()
    {
        var gone = await Mount.UnmountAsync(TimeSpan.FromSeconds(20));
        Directory.Dispose();
        Assert.True(gone, "The mount did not end.");
    }
}
