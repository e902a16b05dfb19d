namespace Fuse3.Tests;

[Trait("Category", "Slow")]
public class GarbageCollectionTests
{
    private const int Limit = 120_000;
    private const int Readers = 4;
    private const int Rounds = 400;

    /// <summary>
    /// A collection stops the thread that serves; programs must only notice a pause. Also moves everything that is not pinned.
    /// </summary>
    [Fact(Timeout = Limit)]
    public async Task Collections_while_programs_read_do_no_harm()
    {
        var fs = new MemoryFileSystem { UseDirectIO = true };
        string content = new('x', 100_000);
        fs.Add("f", content);
        await using var mount = new TestMount(fs);
        using var stop = new CancellationTokenSource();
        var collector = Task.Run(() => Collect(stop.Token));

        const string Script = """
            import sys
            for i in range(int(sys.argv[2])):
                assert open(sys.argv[1] + '/f').read() == 'x' * 100000
            print('done')
            """;
        Task<ChildResult>[] readers = [.. Enumerable.Range(0, Readers)
            .Select(_ => Child.RunAsync("python3", "-c", Script, mount.Path, $"{Rounds}"))];
        var results = await Task.WhenAll(readers);
        await stop.CancelAsync();

        Assert.All(results, result => Assert.Equal("done\n", result.Succeeded()));
        Assert.True(await collector > 50, "too few collections to mean anything");
        Assert.Equal(0, fs.ErrorCount);
    }

    /// <summary>Serving must not allocate: the thread that serves is measured from inside a callback.</summary>
    [Fact(Timeout = Limit)]
    public async Task The_binding_allocates_nothing_per_call()
    {
        var fs = new MeasuringFileSystem();
        await using var mount = new TestMount(fs);
        const string Script = """
            import os, sys
            for i in range(500):
                f = os.open(sys.argv[1] + '/f', os.O_RDWR)
                os.pread(f, 100, 0)
                os.pwrite(f, b'x', 0)
                os.fstat(f)
                os.close(f)
                os.listdir(sys.argv[1])
            """;
        (await Child.RunAsync("python3", "-c", Script, mount.Path)).Succeeded();
        var calls = fs.Calls;
        var allocated = fs.AllocatedBytes;

        (await Child.RunAsync("python3", "-c", Script, mount.Path)).Succeeded();

        Assert.True(fs.Calls > calls + 2_500, $"{fs.Calls - calls} calls");
        Assert.Equal(allocated, fs.AllocatedBytes);
    }

    private static int Collect(CancellationToken stop)
    {
        var count = 0;
        for (; !stop.IsCancellationRequested; count++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        return count;
    }

    private sealed class MeasuringFileSystem : FuseFileSystemBase
    {
        public long Calls { get; private set; }

        public long AllocatedBytes { get; private set; }

        public override int GetAttr(ReadOnlySpan<byte> path, ref FileStat stat, FuseFileInfo fi)
        {
            stat = new FileStat { Mode = path.Length == 1 ? 0x41EDu : 0x81A4u, LinkCount = 1, Size = 1000 };
            return Measure(0);
        }

        public override int Open(ReadOnlySpan<byte> path, FuseFileInfo fi)
        {
            fi.DirectIO = true;
            return Measure(0);
        }

        public override int Read(ReadOnlySpan<byte> path, ulong offset, Span<byte> buffer, FuseFileInfo fi) => Measure(buffer.Length);

        public override int Write(ReadOnlySpan<byte> path, ulong offset, ReadOnlySpan<byte> data, FuseFileInfo fi) => Measure(data.Length);

        public override int Flush(ReadOnlySpan<byte> path, FuseFileInfo fi) => Measure(0);

        public override int ReadDir(ReadOnlySpan<byte> path, ulong offset, DirectoryContent content, FuseFileInfo fi)
        {
            if (offset == 0)
            {
                content.AddEntry("f"u8, 1);
            }

            return Measure(0);
        }

        private int Measure(int result)
        {
            Calls++;
            AllocatedBytes = GC.GetAllocatedBytesForCurrentThread();
            return result;
        }
    }
}
