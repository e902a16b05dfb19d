using System.Runtime.CompilerServices;
using Microsoft.Win32.SafeHandles;

namespace Qcow2Fs.Tree.Session;

/// <summary>
/// Bytes that are kept for long: contents of open files, first clusters before their change. All of a process together have 16 MiB of
/// memory; what comes then goes to a temporary file without a name. Where none can be written they stay in memory.
/// </summary>
internal sealed class KeptBytes
{
    private const int SlotSize = 64 << 10;
    private const int MaxGarbage = 2 << 20;
    private const int LargeGarbage = 24 << 20;

    [ThreadStatic]
    private static long s_collectedAt;

    // What is kept of an array that many handles share, such as the document of one header.
    private static readonly ConditionalWeakTable<byte[], KeptBytes> s_copies = [];

    private readonly List<Slot> _slots = [];
    private int _start;
    private int _users = 1;

    public KeptBytes() { }

    public KeptBytes(ReadOnlySpan<byte> content) => Write(0, content);

    ~KeptBytes() => Free();

    public int Length { get; private set; }

    /// <summary>A copy of bytes that nobody changes, shared by all who ask for the same ones. Each of them releases it once.</summary>
    public static KeptBytes Share(ReadOnlyMemory<byte> content)
    {
        if (!MemoryMarshal.TryGetArray(content, out var part) || part.Array is not { Length: > 0 } array)
        {
            return new(content.Span);
        }

        if (s_copies.TryGetValue(array, out var known) && (known._start, known.Length) == (part.Offset, part.Count) && known._users > 0)
        {
            known._users++;
            return known;
        }

        var copy = new KeptBytes(content.Span) { _start = part.Offset };
        s_copies.AddOrUpdate(array, copy);
        return copy;
    }

    /// <summary>Copies bytes from an offset to the buffer; returns how many, 0 at the end.</summary>
    public int Read(long offset, Span<byte> buffer)
    {
        var count = (int)Math.Clamp(Length - offset, 0, buffer.Length);
        for (var done = 0; done < count;)
        {
            var (slot, start) = Math.DivRem((int)offset + done, SlotSize);
            var part = buffer[done..Math.Min(count, done + SlotSize - start)];
            Storage.Read(_slots[slot], start, part);
            done += part.Length;
        }

        return count;
    }

    public byte[] ToArray(int offset = 0)
    {
        var bytes = new byte[Length - offset];
        Read(offset, bytes);
        return bytes;
    }

    /// <summary>Writes bytes at an offset up to the end, and moves the end where they reach beyond it.</summary>
    public void Write(int offset, ReadOnlySpan<byte> data)
    {
        for (var done = 0; done < data.Length;)
        {
            var (slot, start) = Math.DivRem(offset + done, SlotSize);
            var part = data[done..Math.Min(data.Length, done + SlotSize - start)];
            if (slot == _slots.Count)
            {
                _slots.Add(default);
            }

            Storage.Write(ref CollectionsMarshal.AsSpan(_slots)[slot], start, part);
            done += part.Length;
        }

        Length = Math.Max(Length, offset + data.Length);
    }

    /// <summary>Moves the end back.</summary>
    public void Truncate(int length) => Length = Math.Min(Length, length);

    /// <summary>Moves the end; what is new is zeros.</summary>
    public void Resize(int length)
    {
        Truncate(length);
        Span<byte> zeros = stackalloc byte[4096];
        zeros.Clear();
        while (Length < length)
        {
            Write(Length, zeros[..Math.Min(zeros.Length, length - Length)]);
        }
    }

    public void Release()
    {
        if (--_users == 0)
        {
            Free();
        }
    }

    private void Free()
    {
        Storage.Free(_slots);
        _slots.Clear();
        Length = 0;
    }

    /// <summary>
    /// Collects garbage when a thread has made much since the last time: the collector alone lets it grow to several times what is in use.
    /// A collection looks at all that is in use, so the more that is, the more garbage must come before the next.
    /// </summary>
    public static void Collect()
    {
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        var garbage = allocated - s_collectedAt;
        if (garbage > MaxGarbage && garbage > GC.GetGCMemoryInfo().HeapSizeBytes / 4)
        {
            // Memory goes back to the kernel only after large contents: it takes a millisecond, three times as long as a change.
            var isLarge = garbage > LargeGarbage;
            var mode = isLarge ? GCCollectionMode.Aggressive : GCCollectionMode.Forced;
            GC.Collect(GC.MaxGeneration, mode, blocking: true, compacting: isLarge);
            s_collectedAt = allocated;
        }
    }

    /// <summary>Up to <see cref="SlotSize"/> bytes: in memory, or in the file where they have an index from 1.</summary>
    private record struct Slot(byte[]? Memory, int InFile);

    /// <summary>The memory and the file of all. Trees of tests and finalizers are on several threads.</summary>
    private static class Storage
    {
        private const long MaxMemory = 16 << 20;

        private static readonly Lock s_lock = new();
        private static readonly Stack<int> s_free = [];
        private static SafeFileHandle? s_file;
        private static long s_memory;
        private static int s_last;

        public static void Read(Slot slot, int start, Span<byte> buffer)
        {
            if (slot.Memory is { } memory)
            {
                memory.AsSpan(start, buffer.Length).CopyTo(buffer);
            }
            else if (RandomAccess.Read(s_file!, buffer, OffsetOf(slot) + start) != buffer.Length)
            {
                throw new IOException("the temporary file is too short");
            }
        }

        public static void Write(ref Slot slot, int start, ReadOnlySpan<byte> data)
        {
            lock (s_lock)
            {
                var (memory, end) = (slot.Memory ?? [], start + data.Length);
                if (slot.InFile == 0 && end > memory.Length)
                {
                    var size = start == 0 ? end : Math.Max(end, Math.Min(SlotSize, 2 * memory.Length));
                    if (s_memory + size - memory.Length > MaxMemory && MoveToFile(memory) is { } moved)
                    {
                        s_memory -= memory.Length;
                        slot = moved;
                    }
                    else
                    {
                        s_memory += size - memory.Length;
                        Array.Resize(ref memory, size);
                        slot = new(memory, 0);
                    }
                }

                if (slot.InFile > 0)
                {
                    UnnamedFile.Write(s_file!, data, OffsetOf(slot) + start);
                }
                else
                {
                    data.CopyTo(memory.AsSpan(start));
                }
            }
        }

        public static void Free(List<Slot> slots)
        {
            lock (s_lock)
            {
                foreach (var slot in slots)
                {
                    s_memory -= slot.Memory?.Length ?? 0;
                    if (slot.InFile > 0)
                    {
                        s_free.Push(slot.InFile);
                    }
                }
            }
        }

        private static long OffsetOf(Slot slot) => (slot.InFile - 1L) * SlotSize;

        // Written in full at once: if the file system is full, that shows here.
        private static Slot? MoveToFile(byte[] memory)
        {
            try
            {
                s_file ??= UnnamedFile.Open();
                var slot = new Slot(null, s_free.TryPop(out var free) ? free : ++s_last);
                Array.Resize(ref memory, SlotSize);
                UnnamedFile.Write(s_file, memory, OffsetOf(slot));
                return slot;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return null;
            }
        }
    }
}
