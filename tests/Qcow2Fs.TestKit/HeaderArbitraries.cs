using FsCheck;
using FsCheck.Fluent;

namespace Qcow2Fs.TestKit;

/// <summary>A header and the seed that makes it again.</summary>
public sealed record GeneratedHeader(int Seed, byte[] Bytes)
{
    /// <summary>A generator of whatever else a property needs, the same for the same seed.</summary>
    public Random NewRandom() => new(~Seed);

    /// <inheritdoc/>
    public override string ToString() => $"seed {Seed}: {Bytes.Length} bytes, list start {ReferenceReader.Read(Bytes).HeaderLength}";
}

/// <summary>A hostile header and the seed that makes it again.</summary>
public sealed record HostileHeader(int Seed, byte[] Bytes)
{
    /// <inheritdoc/>
    public override string ToString() => $"seed {Seed}: {Bytes.Length} bytes";
}

/// <summary>
/// For FsCheck: <c>[Property(Arbitrary = new[] { typeof(HeaderArbitraries) })]</c> on a method that takes a
/// <see cref="GeneratedHeader"/> or a <see cref="HostileHeader"/>.
/// </summary>
public static class HeaderArbitraries
{
    /// <summary>Good headers.</summary>
    public static Arbitrary<GeneratedHeader> Good() => Seeds(s => new GeneratedHeader(s, HeaderGenerator.Next(new(s))));

    /// <summary>Hostile headers.</summary>
    public static Arbitrary<HostileHeader> Hostile() => Seeds(s => new HostileHeader(s, MutatedHeader.Next(new(s))));

    private static Arbitrary<T> Seeds<T>(Func<int, T> make) => Arb.From(Gen.Choose(0, int.MaxValue - 1).Select(make));
}
