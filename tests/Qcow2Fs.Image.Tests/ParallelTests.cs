using Mono.Unix.Native;
using Qcow2Fs.Codec;
using Qcow2Fs.Codec.Edits;
using Qcow2Fs.Image.Commits;
using Qcow2Fs.TestKit;

namespace Qcow2Fs.Image.Tests;

public class ParallelTests
{
    private const int Writers = 40;
    private const int Changes = 5;

    [Fact]
    public void Forty_writers_lose_no_change()
    {
        using var directory = new TempDirectory();
        var path = QemuImages.Named("empty").Make(directory);
        InParallel(Writers, _ =>
        {
            // An object of its own, as in another process: nothing but the file's locks is between them.
            using var image = ImageFile.At(path);
            // Patient, as a command is: on a busy machine a turn of another takes longer than the 100 ms that a mount waits.
            image.IsPatient = true;
            for (var i = 0; i < Changes; i++)
            {
                image.Commit(h => h.WithField(HeaderFields.Size, h[HeaderFields.Size] + 512));
            }
        });
        using var image = ImageFile.At(path);
        Assert.Equal(512ul * Writers * Changes, image.ReadHeader()[HeaderFields.Size]);
    }

    [Fact]
    public void Writers_of_one_object_take_turns()
    {
        using var directory = new TempDirectory();
        using var image = ImageFile.At(QemuImages.Named("empty").Make(directory));
        InParallel(Writers, _ => image.Commit(h => h.WithField(HeaderFields.Size, h[HeaderFields.Size] + 512)));
        Assert.Equal(512ul * Writers, image.ReadHeader()[HeaderFields.Size]);
    }

    [Trait("Category", "Slow")]
    [Fact]
    public async Task Whoever_reads_meanwhile_sees_a_header_that_was_written()
    {
        using var directory = new TempDirectory();
        var path = QemuImages.Named("backing").Make(directory);
        using var image = ImageFile.At(path, io => new Unflushed(io));
        // All of it differs and the list moves: commits of the longest kind.
        var states = new[] { 40, 20000, 9000 }
            .Select(length => (Name: new string((char)('a' + (length % 26)), length / 20), Data: length)).ToArray();
        Header Apply(Header h, (string Name, int Data) state) => h.WithoutSkip()
            .WithExtension(7, [.. Enumerable.Repeat((byte)state.Data, state.Data)])
            .WithBackingFile(System.Text.Encoding.UTF8.GetBytes(state.Name));

        image.Commit(h => Apply(h, states[0]));
        var isDone = false;
        var reads = 0;
        var reader = Task.Run(() =>
        {
            Header? known = null;
            while (!Volatile.Read(ref isDone))
            {
                known = image.ReadHeader(known);
                var header = known;
                var data = header.DataOf(header.Extensions.Items[header.LastIndexOf(7)]).ToArray();
                var state = Assert.Single(states, s => s.Data == data.Length);
                Assert.Equal(-1, data.AsSpan().IndexOfAnyExcept((byte)state.Data));
                Assert.Equal(state.Name, System.Text.Encoding.UTF8.GetString(header.BackingFileName));
                reads++;
            }
        });
        for (var i = 0; i < 200; i++)
        {
            image.Commit(h => Apply(h, states[i % states.Length]));
        }

        Volatile.Write(ref isDone, true);
        await reader;
        Assert.True(reads > 0);
    }

    /// <summary>Commits in quick succession: readers see the same states with a flush and without.</summary>
    private sealed class Unflushed(IBlockIo io) : IBlockIo
    {
        public Errno Length(out long length) => io.Length(out length);

        public Errno Write(long offset, ReadOnlySpan<byte> data, out int written) => io.Write(offset, data, out written);

        public Errno Truncate(long length) => io.Truncate(length);

        public Errno Flush() => 0;
    }

    private static void InParallel(int count, Action<int> work)
    {
        var errors = new System.Collections.Concurrent.ConcurrentQueue<Exception>();
        var threads = Enumerable.Range(0, count).Select(i => new Thread(() =>
        {
            if (Record.Exception(() => work(i)) is { } e)
            {
                errors.Enqueue(e);
            }
        })).ToList();
        threads.ForEach(t => t.Start());
        threads.ForEach(t => t.Join());
        Assert.Empty(errors);
    }
}
