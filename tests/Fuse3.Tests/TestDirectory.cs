using System.Diagnostics;

namespace Fuse3.Tests;

/// <summary>A new empty directory, removed at the end; what is still mounted on it is detached first.</summary>
internal sealed class TestDirectory : IDisposable
{
    public string Path { get; } = System.IO.Directory.CreateTempSubdirectory("fuse-test-").FullName;

    /// <summary>How many lines of the mount table name this directory.</summary>
    public int CountMounts() => File.ReadLines("/proc/self/mountinfo").Count(line => line.Split(' ')[4] == Path);

    public void Dispose()
    {
        while (CountMounts() > 0)
        {
            using var umount = Process.Start("umount", ["-l", Path]);
            umount.WaitForExit();
        }

        System.IO.Directory.Delete(Path, recursive: true);
    }
}
