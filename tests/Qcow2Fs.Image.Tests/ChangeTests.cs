using System.Buffers.Binary;
using Mono.Unix.Native;
using Posix;
using Qcow2Fs.Codec;
using Qcow2Fs.Image.Commits;
using Qcow2Fs.Image.Native;
using Qcow2Fs.TestKit;

namespace Qcow2Fs.Image.Tests;

/// <summary>Commits of other bytes than the header's: the planner, the executor and the locks are not the header's own.</summary>
public sealed class ChangeTests : IDisposable
{
    // The first L2 table's pointer in a fresh image: L1 is the fourth cluster.
    private const long EntryOffset = (3 << 16) + 8;
    private const ulong Entry = 0x8000000000040000;

    private readonly TempDirectory _directory = new();
    private readonly string _path;
    private readonly List<string> _log = [];

    public ChangeTests() => _path = QemuImages.Named("default").Make(_directory);

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void An_entry_behind_the_first_cluster_is_one_write_of_its_sector_and_a_flush()
    {
        var bytes = Padded();
        File.WriteAllBytes(_path, bytes);
        using var image = Recorded();
        var status = image.CommitEntry(Set(EntryOffset, Entry)).File;
        Assert.Equal([$"w{3 << 16}+512", "f"], _log);
        BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan((int)EntryOffset), Entry);
        Assert.Equal(bytes, File.ReadAllBytes(_path));
        Assert.True(status.IsSameFile(image.Status()));

        _log.Clear();
        Assert.False(image.CommitEntry(Set(EntryOffset, Entry)).IsChanged);
        Assert.Empty(_log);
    }

    [Fact]
    public void Offsets_beyond_four_gigabytes_are_written()
    {
        const long Offset = (5L << 30) + 16;
        using (var file = File.OpenWrite(_path))
        {
            file.SetLength(6L << 30);
        }

        using var image = Recorded();
        image.CommitEntry(Set(Offset, Entry));
        Assert.Equal([$"w{5L << 30}+512", "f"], _log);
        var read = new byte[24];
        image.Read(Offset - 8, read);
        Assert.Equal((0ul, Entry, 0ul), (Number(read, 0), Number(read, 8), Number(read, 16)));
        Assert.Equal(6L << 30, image.Length());
    }

    [Fact]
    public void The_locks_are_held_while_the_entry_is_read_and_dropped_behind_it()
    {
        File.WriteAllBytes(_path, Padded());
        using var image = Recorded();
        image.CommitEntry((header, bytes) =>
        {
            Assert.True(IsLocked());
            return Set(EntryOffset, Entry)(header, bytes);
        });
        Assert.False(IsLocked());
        using (new Holder(_path))
        {
            var e = Assert.Throws<ImageException>(() =>
                image.CommitEntry((_, _) => throw new InvalidOperationException("not even read")));
            Assert.Equal((Errno.EBUSY, false), (e.Errno, e.StateUnknown));
        }
    }

    [Fact]
    public void Every_crash_state_has_the_old_entry_or_the_new_one()
    {
        var old = Padded();
        var @new = old.ToArray();
        BinaryPrimitives.WriteUInt64BigEndian(@new.AsSpan((int)EntryOffset), Entry);
        var plan = CommitPlanner.Plan(Change(old));
        Assert.Equal(CommitLevel.OneSector, plan.Level);
        var (olds, news) = (0, 0);
        var final = new CrashStates(new(1)).Visit(old, plan.Steps, (bytes, _) =>
        {
            var isNew = bytes.SequenceEqual(@new);
            Assert.True(isNew || bytes.SequenceEqual(old));
            (olds, news) = isNew ? (olds, news + 1) : (olds + 1, news);
        });
        Assert.True(olds > 0 && news > 0);
        Assert.Equal(@new, final);
    }

    [Theory]
    [InlineData(Fault.InputOutput)]
    [InlineData(Fault.NoSpace)]
    [InlineData(Fault.Interrupted)]
    [InlineData(Fault.ShortWrite)]
    public void A_fault_leaves_the_old_entry_or_the_new_one(Fault fault)
    {
        var old = Padded();
        var plan = CommitPlanner.Plan(Change(old));
        for (var call = 0; call < 2; call++)
        {
            var io = new FaultyIo(old.ToArray(), fault, call);
            var e = Record.Exception(() => CommitExecutor.Run(plan, io));
            var entry = Number(io.Content, (int)EntryOffset);
            if (fault is Fault.Interrupted or Fault.ShortWrite)
            {
                Assert.Null(e);
                Assert.Equal(Entry, entry);
                continue;
            }

            Assert.Equal(call == 1, Assert.IsType<ImageException>(e).StateUnknown);
            Assert.Equal(call == 1 ? Entry : Number(old, (int)EntryOffset), entry);
        }
    }

    [Fact]
    public void An_entry_across_two_sectors_is_refused_and_nothing_is_written()
    {
        File.WriteAllBytes(_path, Padded());
        var bytes = File.ReadAllBytes(_path);
        using var image = Recorded();
        const long Across = (3 << 16) + 508;
        var e = Assert.Throws<ImageException>(() => image.CommitEntry(Set(Across, ulong.MaxValue)));
        Assert.Equal((Errno.EOPNOTSUPP, false), (e.Errno, e.StateUnknown));
        e = Assert.Throws<ImageException>(() => image.CommitEntry(Set(bytes.Length - 7, Entry)));
        Assert.Equal((Errno.ENXIO, false), (e.Errno, e.StateUnknown));
        Assert.Empty(_log);
        Assert.Equal(bytes, File.ReadAllBytes(_path));
    }

    [Fact]
    public void A_trial_writes_nothing_and_a_file_that_ends_within_a_sector_does_not_grow()
    {
        var bytes = Padded()[..((3 << 16) + 24)];
        File.WriteAllBytes(_path, bytes);
        using var image = Recorded();
        Assert.False(image.CommitEntry(Set(EntryOffset, Entry), new() { IsTrial = true }).IsChanged);
        Assert.Equal(bytes, File.ReadAllBytes(_path));
        image.CommitEntry(Set(EntryOffset, Entry));
        Assert.Equal(bytes.Length, File.ReadAllBytes(_path).Length);
        Assert.Equal([$"w{3 << 16}+24", "f"], _log);
    }

    [Fact]
    public void What_nobody_reads_yet_is_prepared_in_another_part_of_the_file()
    {
        // A new table far away, and the pointer that leads to it: two ranges, one atomic step.
        const int Table = 8 << 10;
        var old = new byte[16 << 10];
        var @new = old.ToArray();
        BinaryPrimitives.WriteUInt64BigEndian(@new.AsSpan(40), Table);
        @new.AsSpan(Table, 1200).Fill(7);
        var plan = CommitPlanner.Plan(new TableChange(old, @new, Table));
        Assert.Equal(CommitLevel.Ordered, plan.Level);
        var steps = plan.Steps.Select(s => s is SectorWrite write ? $"w{write.Offset}" : "f");
        Assert.Equal(["w8192", "w8704", "w9216", "f", "w0", "f"], steps);
        var final = new CrashStates(new(1)).Visit(old, plan.Steps, (bytes, _) =>
            Assert.True(Number(bytes, 40) == 0 || bytes.SequenceEqual(@new)));
        Assert.Equal(@new, final);
    }

    [Fact]
    public void A_first_cluster_that_is_put_back_is_the_old_or_the_new_one_and_never_before_the_bytes_behind_it()
    {
        var (one, several) = (0, 0);
        for (var seed = 0; seed < 300; seed++)
        {
            var pair = HeaderPair.Next(seed);
            var size = (pair.Old.Bytes.Length + SectorWrite.Size - 1) / SectorWrite.Size * SectorWrite.Size;
            byte[] old = [.. pair.Old.Bytes.Span, .. new byte[size - pair.Old.Bytes.Length + 1024]];
            var secret = Enumerable.Repeat((byte)7, 1000).ToArray();
            var header = new HeaderChange(pair.Old, pair.New);
            if (HeaderPlan(header) is not { Level: CommitLevel.Ordered or CommitLevel.OneSector or CommitLevel.Relocated } alone)
            {
                continue;
            }

            var plan = CommitPlanner.Plan(new RestoreChange(header, RestoreChange.RangeOf(size, new byte[1024], secret)));
            (one, several) = alone.Level == CommitLevel.Relocated ? (one, several + 1) : (one + 1, several);
            var before = ReferenceReader.Read(pair.Old.Bytes.Span);
            var after = ReferenceReader.Read(pair.New.Bytes.Span);
            var isChange = ReferenceHeader.Difference(before, after) is not null;
            var final = new CrashStates(new(seed)).Visit(old, plan.Steps, (bytes, _) =>
            {
                var state = ReferenceReader.Read(bytes[..pair.Old.Bytes.Length]);
                var isNew = ReferenceHeader.SameContent(state, after);
                Assert.True(isNew || ReferenceHeader.Difference(state, before) is null, pair.ToString());
                Assert.True(!isNew || !isChange || bytes[size..].StartsWith(secret), pair.ToString());
            });
            Assert.Equal([.. secret, .. new byte[24]], final[size..]);
        }

        Assert.True(one > 20 && several > 20, $"{one}, {several}");
    }

    private static CommitPlan? HeaderPlan(HeaderChange change)
    {
        try
        {
            return CommitPlanner.Plan(change);
        }
        catch (ImageException)
        {
            return null;
        }
    }

    private static ulong Number(ReadOnlySpan<byte> bytes, int offset) => BinaryPrimitives.ReadUInt64BigEndian(bytes[offset..]);

    private static Func<Header, IImageBytes, EntryEdit> Set(long offset, ulong value) => (_, _) => new(new(offset, 64), value);

    // The change of the entry in an image with these bytes.
    private EntryChange Change(byte[] image)
    {
        File.WriteAllBytes(_path, image);
        Assert.Equal((Errno)0, FileDescriptor.CurrentDirectory.Open(NativeName.Of(_path), OpenMode.Read, out var file));
        using (file)
        {
            return EntryChange.Read(file, Set(EntryOffset, Entry));
        }
    }

    // The image with bytes that must not change where a fresh one has zeros, also at its end.
    private byte[] Padded()
    {
        var bytes = File.ReadAllBytes(_path);
        Array.Resize(ref bytes, 4 << 16);
        bytes.AsSpan((3 << 16) + 16).Fill(0xa5);
        bytes.AsSpan((3 << 16) + 512, 4).Clear();
        return bytes;
    }

    private ImageFile Recorded() => ImageFile.At(_path, io => new RecordedIo(io, _log));

    private bool IsLocked()
    {
        Assert.Equal((Errno)0, FileDescriptor.CurrentDirectory.Open(NativeName.Of(_path), OpenMode.ReadWrite, out var other));
        using (other)
        {
            long[] all = [100, 101, 103, 201, 203, WriterLock.MutexByte];
            var held = all.Count(offset => other.IsLockedByOthers(offset, out var locked) == 0 && locked);
            Assert.True(held == 0 || held == all.Length);
            return held > 0;
        }
    }

    /// <summary>A pointer in the first sector, and a table that is read only through it.</summary>
    private sealed class TableChange(byte[] old, byte[] @new, int table) : IChange
    {
        public IReadOnlyList<ByteRange> Ranges =>
        [
            new(0, old.AsMemory(0, SectorWrite.Size), @new.AsMemory(0, SectorWrite.Size), All(SectorWrite.Size), All(SectorWrite.Size)),
            new(table, old.AsMemory(table), @new.AsMemory(table), default, All(old.Length - table)),
        ];

        public IReadOnlyList<AtomicStep>? FindPath() => throw new InvalidOperationException("one step is enough");

        private static bool[] All(int count) => [.. Enumerable.Repeat(true, count)];
    }

    private sealed class RecordedIo(IBlockIo io, List<string> log) : IBlockIo
    {
        public Errno Length(out long length) => io.Length(out length);

        public Errno Write(long offset, ReadOnlySpan<byte> data, out int written)
        {
            log.Add($"w{offset}+{data.Length}");
            return io.Write(offset, data, out written);
        }

        public Errno Truncate(long length) => io.Truncate(length);

        public Errno Flush()
        {
            log.Add("f");
            return io.Flush();
        }
    }
}
