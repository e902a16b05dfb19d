namespace Fuse3.Tests;

/// <summary>
/// Run as a program, this assembly mounts one file on the directory given, prints a line and serves until it is unmounted.
/// Failures are one line on standard error: the kind of error, then the message.
/// </summary>
internal static class Program
{
    public const string Subtype = "served";

    public static async Task<int> Main(string[] args)
    {
        if (Fuse.RunWatchdog(args))
        {
            return 0;
        }

        var fs = new MemoryFileSystem();
        fs.Add("f", "served\n");
        try
        {
            using var mount = Fuse.Mount(args[0], fs, new() { Subtype = Subtype });
            Console.WriteLine("ready");
            if (args.Length > 1)
            {
                await mount.UnmountAsync(Timeout.InfiniteTimeSpan);
            }

            await mount.WaitForUnmountAsync();
            return 0;
        }
        catch (FuseException e)
        {
            await Console.Error.WriteLineAsync($"{e.Error}: {e.Message}");
            return 1;
        }
    }
}
