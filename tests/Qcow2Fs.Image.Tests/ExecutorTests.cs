using Mono.Unix.Native;
using Qcow2Fs.Codec;
using Qcow2Fs.Codec.Edits;
using Qcow2Fs.Image.Commits;
using Qcow2Fs.TestKit;

namespace Qcow2Fs.Image.Tests;

public class ExecutorTests
{
    private static readonly Header s_old = Header.Decode(new HeaderBuilder()
        .Extension(0xe2792aca, "qcow2").Extension(0x6803f857, new byte[384]).Backing("base.qcow2").Build());

    // One edit of every level; the last one takes every phase there is.
    private static readonly Header[] s_new =
    [
        s_old.WithField(HeaderFields.Size, 1 << 30),
        s_old.WithoutBackingFile(),
        s_old.WithExtensionData(0, new byte[40]),
    ];

    public static IEnumerable<object[]> Faults =>
        from edit in Enumerable.Range(0, 3)
        from fault in Enum.GetValues<Fault>()
        select new object[] { edit, fault };

    [Fact]
    public void The_edits_are_of_three_levels() =>
        Assert.Equal([CommitLevel.OneSector, CommitLevel.Ordered, CommitLevel.Relocated], s_new.Select(n => PlanTo(n).Level));

    [Theory]
    [MemberData(nameof(Faults))]
    public void A_fault_at_any_call_leaves_the_old_header_or_the_new_one(int edit, Fault fault)
    {
        var plan = PlanTo(s_new[edit]);
        for (var at = 0; at < plan.Steps.Length; at++)
        {
            var io = new FaultyIo(s_old.Bytes.ToArray(), fault, at);
            var e = Record.Exception(() => CommitExecutor.Run(plan, io));
            if (fault is Fault.Interrupted or Fault.ShortWrite)
            {
                Assert.Null(e);
                Assert.True(io.Content.SequenceEqual(s_new[edit].Bytes.Span), $"call {at}");
                continue;
            }

            var error = Assert.IsType<ImageException>(e);
            var state = ReferenceReader.Read(io.Content);
            Assert.True(ReferenceHeader.SameContent(state, ReferenceReader.Read(s_old.Bytes.Span))
                || ReferenceHeader.SameContent(state, ReferenceReader.Read(s_new[edit].Bytes.Span)), $"call {at}");
            if (plan.Steps[at] is SectorWrite && (at == 0 || fault != Fault.Dead))
            {
                Assert.Equal((fault == Fault.NoSpace ? Errno.ENOSPC : Errno.EIO, false), (error.Errno, error.StateUnknown));
                Assert.True(io.Content.SequenceEqual(s_old.Bytes.Span), $"call {at}");
                Assert.True(at == 0 || io.Log[^1] == "f", $"call {at}");
            }
            else
            {
                Assert.Equal((Errno.EIO, true), (error.Errno, error.StateUnknown));
                Assert.True(io.Calls == at + 1 || fault == Fault.Dead, $"call {at}: no flush is repeated");
            }
        }
    }

    // A sector of a sparse first cluster may be a hole, and the disk is full.
    [Theory]
    [Trait("Category", "Slow")]
    [InlineData(false)]
    [InlineData(true)]
    public void A_crash_on_the_way_back_from_a_write_that_failed_leaves_the_old_header_or_the_new_one(bool isBroken)
    {
        var (undone, caught) = (0, 0);
        var seed = Seed.First;
        var states = new CrashStates(new(seed));
        for (var i = 0; undone < 600; i++)
        {
            var pair = HeaderPair.Next(seed + i);
            CommitPlan plan;
            try
            {
                plan = CommitPlanner.Plan(new HeaderChange(pair.Old, pair.New));
            }
            catch (ImageException)
            {
                continue;
            }

            for (var at = 1; plan.Level is CommitLevel.Ordered or CommitLevel.Relocated && at < plan.Steps.Length; at++)
            {
                if (plan.Steps[at] is not SectorWrite)
                {
                    continue;
                }

                var io = new FaultyIo(pair.Old.Bytes.ToArray(), Fault.NoSpace, at);
                var e = Assert.Throws<ImageException>(() => CommitExecutor.Run(plan, io));
                Assert.Equal((Errno.ENOSPC, false), (e.Errno, e.StateUnknown));
                Assert.True(io.Content.SequenceEqual(pair.Old.Bytes.Span), $"{pair}, call {at}");
                // The proof can fail: a way back without flushes is found out.
                var steps = !isBroken ? io.Steps
                    : [.. io.Steps[..at], .. io.Steps[at..^1].Where(step => step is SectorWrite), Flush.Instance];
                undone++;
                caught += IsOldOrNew(states, pair, steps) ? 0 : 1;
            }
        }

        Assert.True(isBroken ? caught > 100 : caught == 0, $"{caught} of {undone} caught, seed {seed}");
    }

    [Fact]
    public void A_file_that_was_made_longer_for_a_change_that_failed_is_cut_again()
    {
        var old = Header.Decode(new HeaderBuilder().Build());
        var io = new FaultyIo(old.Bytes.Span[..112].ToArray(), Fault.NoSpace, 4);
        var after = old.WithBackingFile([.. Enumerable.Repeat((byte)'x', 700)]);
        var e = Assert.Throws<ImageException>(() => CommitExecutor.Run(CommitPlanner.Plan(new HeaderChange(old, after)), io));
        Assert.Equal((Errno.ENOSPC, false), (e.Errno, e.StateUnknown));
        Assert.True(io.Content.SequenceEqual(old.Bytes.Span[..112]), string.Join(' ', io.Log));
        Assert.Equal(["t112", "f"], io.Log[^2..]);
    }

    [Fact]
    public void On_a_full_disk_a_change_that_needs_a_hole_of_the_first_cluster_changes_nothing()
    {
        using var directory = new TempDirectory();
        Tool.Run("mount", "-t", "tmpfs", "-o", "size=256k", "none", directory.Path).Expect();
        try
        {
            var path = directory["image"];
            File.WriteAllBytes(path, s_old.Bytes.ToArray());
            using (var file = File.OpenWrite(path))
            {
                file.SetLength(4096);
                file.SetLength(1 << 20);
            }

            Assert.Throws<IOException>(() => File.WriteAllBytes(directory["filler"], new byte[1 << 20]));
            var before = File.ReadAllBytes(path);
            using var image = ImageFile.At(path);
            var e = Assert.Throws<ImageException>(() => image.Commit(h => h.WithExtensionAdded(7, [.. Enumerable.Repeat((byte)7, 20000)])));
            Assert.Equal((Errno.ENOSPC, false), (e.Errno, e.StateUnknown));
            Assert.Equal(before, File.ReadAllBytes(path));

            // What has room is still possible.
            image.Commit(h => h.WithField(HeaderFields.Size, 512));
            File.Delete(directory["filler"]);
            image.Commit(h => h.WithExtensionAdded(7, [.. Enumerable.Repeat((byte)7, 20000)]));
        }
        finally
        {
            Tool.Run("umount", directory.Path).Expect();
        }
    }

    [Fact]
    public void A_write_that_stops_in_the_middle_of_a_sector_is_a_failure()
    {
        var io = new FaultyIo(s_old.Bytes.ToArray(), Fault.ShortWrite, 0);
        var e = Assert.Throws<ImageException>(() => CommitExecutor.Run(PlanTo(s_new[0]), new StopsAfterShortWrite(io)));
        Assert.Equal((Errno.ENOSPC, false), (e.Errno, e.StateUnknown));
        Assert.True(io.Content.SequenceEqual(s_old.Bytes.Span));
    }

    [Theory]
    [InlineData(112)]
    [InlineData(513)]
    [InlineData(65536)]
    public void A_short_file_grows_no_further_than_needed_and_before_anything_else(int length)
    {
        var old = Header.Decode(new HeaderBuilder().Build());
        var @new = old.WithBackingFile(new byte[500]).WithField(HeaderFields.Size, 1).WithBackingFile("a"u8);
        foreach (var after in new[] { @new, old.WithBackingFile([.. Enumerable.Repeat((byte)'x', 700)]) })
        {
            var io = new FaultyIo(old.Bytes.Span[..length].ToArray(), Fault.InputOutput, -1);
            CommitExecutor.Run(CommitPlanner.Plan(new HeaderChange(old, after)), io);
            Assert.Equal(Math.Max(length, after.UsedLength), io.Content.Length);
            Assert.True(after.Bytes.Span.StartsWith(io.Content));
            if (length < after.UsedLength)
            {
                Assert.Equal([$"w{after.UsedLength - 1}+1", "f"], io.Log[..2]);
            }
        }
    }

    [Fact]
    public void Behind_a_failed_flush_the_image_takes_no_more_changes()
    {
        using var directory = new TempDirectory();
        var path = QemuImages.Named("default").Make(directory);
        using (var image = ImageFile.At(path, io => new Unflushable(io)))
        {
            var e = Assert.Throws<ImageException>(() => image.Commit(h => h.WithField(HeaderFields.Size, 1 << 20)));
            Assert.Equal((Errno.EIO, true), (e.Errno, e.StateUnknown));
            var bytes = File.ReadAllBytes(path);
            e = Assert.Throws<ImageException>(() => image.Commit(_ => throw new InvalidOperationException("not even asked")));
            Assert.Equal((Errno.EIO, true), (e.Errno, e.StateUnknown));
            Assert.Equal(bytes, File.ReadAllBytes(path));
            Assert.NotNull(image.ReadHeader());
        }

        using var fresh = ImageFile.At(path);
        fresh.Commit(h => h.WithField(HeaderFields.Size, 2 << 20));
        Assert.Equal(2ul << 20, fresh.ReadHeader()[HeaderFields.Size]);
    }

    private static CommitPlan PlanTo(Header @new) => CommitPlanner.Plan(new HeaderChange(s_old, @new));

    private static bool IsOldOrNew(CrashStates states, HeaderPair pair, List<CommitStep> steps)
    {
        var (before, after) = (ReferenceReader.Read(pair.Old.Bytes.Span), ReferenceReader.Read(pair.New.Bytes.Span));
        var isGood = true;
        states.Visit(pair.Old.Bytes.Span, steps, (bytes, _) => isGood = isGood && ReferenceReader.Read(bytes) is var state
            && (ReferenceHeader.SameContent(state, before) || ReferenceHeader.SameContent(state, after)));
        return isGood;
    }

    private sealed class StopsAfterShortWrite(FaultyIo io) : IBlockIo
    {
        private bool _isFull;

        public Errno Length(out long length) => io.Length(out length);

        public Errno Write(long offset, ReadOnlySpan<byte> data, out int written)
        {
            written = 0;
            if (io.Calls == 1 && !_isFull)
            {
                _isFull = true;
                return Errno.ENOSPC;
            }

            return io.Write(offset, data, out written);
        }

        public Errno Truncate(long length) => io.Truncate(length);

        public Errno Flush() => io.Flush();
    }

    private sealed class Unflushable(IBlockIo io) : IBlockIo
    {
        public Errno Length(out long length) => io.Length(out length);

        public Errno Write(long offset, ReadOnlySpan<byte> data, out int written) => io.Write(offset, data, out written);

        public Errno Truncate(long length) => io.Truncate(length);

        public Errno Flush() => Errno.EIO;
    }
}
