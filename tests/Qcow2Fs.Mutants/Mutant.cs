using System.Buffers.Binary;
using Qcow2Fs.Codec;

namespace Qcow2Fs.Mutants;

/// <summary>An image on its way to being a bad one, with what mutators need: fields, the extension list, chance.</summary>
public sealed class Mutant(string baseName, SparseImage image, Random random, int round = 0)
{
    private static readonly Mutator[] s_mutators = [.. HeaderMutators.All, .. TableMutators.All];

    /// <summary>How many ways there are to damage an image.</summary>
    public static int Ways => s_mutators.Length;

    public string BaseName => baseName;

    public SparseImage Image => image;

    public Random Random => random;

    public List<string> Story { get; } = [];

    public Header Header => Header.Decode(image.Read(0, Header.ClusterSizeOf(image.Read(0, 24))));

    public long ClusterSize => Header.ClusterSize;

    public ulong this[Field field]
    {
        get => Header[field];
        set
        {
            var bytes = image.Read(0, field.End);
            field.Write(bytes, value & field.MaxValue);
            image.Write(0, bytes);
        }
    }

    /// <summary>A cluster boundary past the end of the file.</summary>
    public long FreshCluster => (image.Length + ClusterSize - 1) / ClusterSize * ClusterSize;

    /// <summary>
    /// The mutant of that number: one of the images, damaged in a way that follows from the number, and now and then in more ways. All
    /// ways are met in <see cref="Ways"/> numbers in a row.
    /// </summary>
    public static Mutant Make(int seed, int number, IReadOnlyCollection<(string Name, SparseImage Image)> images)
    {
        var random = new Random(HashCode(seed, number));
        var first = s_mutators[number % s_mutators.Length];
        var fitting = images.Where(i => i.Name.Contains(first.For, StringComparison.Ordinal)).ToArray();
        var (name, image) = fitting[random.Next(fitting.Length)];
        var mutant = new Mutant(name, image.Clone(), random, number / s_mutators.Length);
        mutant.Apply(first);
        while (random.Next(100) < 30)
        {
            mutant.Apply(s_mutators[random.Next(s_mutators.Length)]);
        }

        return mutant;
    }

    public T Pick<T>(params T[] of) => of[random.Next(of.Length)];

    /// <summary>One after the other, so that a run meets each of a few.</summary>
    public T InTurn<T>(params T[] of) => of[round % of.Length];

    public bool Chance(int percent) => random.Next(100) < percent;

    /// <summary>A number that is close to some limit.</summary>
    public ulong Edge() => random.Next(6) switch
    {
        0 => (ulong)random.Next(20),
        1 => (ulong)(ClusterSize + random.Next(-2, 3)),
        2 => (ulong)random.NextInt64() & ~(ulong)(ClusterSize - 1),
        3 => 0x7fffffffc0000000 + ((ulong)random.Next(-3, 4) * (ulong)ClusterSize),
        4 => Pick<ulong>(511, 512, 513, 1023, 1024, 1025, 65535, 65536, 65537, 4194304, 4194305, 8388608, 67107840, 67107841,
            0x7fffffff, 0x80000000, 0xfffffff8, 0xfffffff9, 0xffffffff, 0x100000000, 0x7ffffffffffffe00, 0x7fffffffffffffff,
            0x8000000000000000, 0xfffffffffffffe00, ulong.MaxValue),
        _ => (ulong)random.NextInt64() >> random.Next(64),
    };

    /// <summary>The extension list as it is.</summary>
    public List<(uint Magic, byte[] Data)> Extensions =>
        [.. Header.Extensions.Items.Select(item => (item.Magic, Header.DataOf(item).ToArray()))];

    /// <summary>Writes another list, and the backing file's name behind it if there is one. False if there is no room.</summary>
    public bool SetExtensions(IEnumerable<(uint Magic, byte[] Data)> items, bool endMarker = true)
    {
        var header = Header;
        var area = new MemoryStream();
        foreach (var (magic, data) in items)
        {
            var entry = new byte[8];
            BinaryPrimitives.WriteUInt32BigEndian(entry, magic);
            BinaryPrimitives.WriteInt32BigEndian(entry.AsSpan(4), data.Length);
            area.Write(entry);
            area.Write(data);
            area.SetLength(area.Position = (area.Length + 7) & ~7L);
        }

        area.SetLength(area.Position = area.Length + (endMarker ? 8 : 0));
        var name = header.BackingFileName.ToArray();
        var start = header.Extensions.Start;
        if (header.Extensions.Problem is not null || start + area.Length + name.Length > ClusterSize)
        {
            return false;
        }

        image.Write(start, new byte[Math.Min(ClusterSize, image.Length) - start is > 0 and var rest ? rest : 0]);
        image.Write(start, area.ToArray());
        if (header.HasBackingFile)
        {
            image.Write(start + area.Length, name);
            this[HeaderFields.BackingFileOffset] = (ulong)(start + area.Length);
        }

        return true;
    }

    /// <summary>Changes the payload of the first extension of that magic; adds it if there is none.</summary>
    public void SetExtension(uint magic, byte[] data)
    {
        var list = Extensions;
        var index = list.FindIndex(item => item.Magic == magic);
        if (index < 0)
        {
            list.Insert(0, (magic, data));
        }
        else
        {
            list[index] = (magic, data);
        }

        SetExtensions(list);
    }

    // Not System.HashCode, which differs from run to run.
    private static int HashCode(int seed, int number) => unchecked((seed * 1_000_003) ^ (number * 7919));

    private void Apply(Mutator mutator)
    {
        if (baseName.Contains(mutator.For, StringComparison.Ordinal))
        {
            Story.Add(mutator.Name);
            mutator.Apply(this);
        }
    }
}
