using System.Collections.Frozen;

namespace Qcow2Fs.Check;

/// <summary>QEMU's checks of the names in a LUKS header (qcrypto_block_luks_parse_header).</summary>
internal static class LuksAlgorithms
{
    private const string Xts = "xts";
    private const string Cast5 = "cast5";

    private static readonly string[] s_modes = ["ecb", "cbc", Xts, "ctr"];

    private static readonly string[] s_generators = ["plain", "plain64", "essiv"];

    // Bytes of their digests.
    private static readonly FrozenDictionary<string, uint> s_hashes = new (string, uint)[]
    {
        ("md5", 16), ("sha1", 20), ("sha224", 28), ("sha256", 32), ("sha384", 48), ("sha512", 64), ("ripemd160", 20),
    }.ToDictionary().ToFrozenDictionary();

    // Bytes of their keys, and the name for messages.
    private static readonly FrozenDictionary<string, (uint[] Keys, string Name)> s_ciphers = new Dictionary<string, (uint[], string)>
    {
        ["aes"] = ([16, 24, 32], "AES"),
        [Cast5] = ([16], "cast5-128"),
        ["serpent"] = ([16, 24, 32], "Serpent"),
        ["twofish"] = ([16, 24, 32], "Twofish"),
    }.ToFrozenDictionary();

    /// <summary>The first name that QEMU does not know or take, in its order: IV hash, mode, cipher, hash, IV generator.</summary>
    public static Fault? Find(LuksHeader header)
    {
        var text = Text(header.Mode);
        if (text.Split('-', 2) is not [var mode, var iv])
        {
            return new("luks-mode-format", $"Unexpected cipher mode string format '{text}'");
        }

        var (generator, ivHash) = iv.Split(':', 2) is [var name, var algorithm] ? (name, algorithm) : (iv, null);
        // XTS takes two keys.
        var keyBytes = mode == Xts ? header.KeyBytes / 2 : header.KeyBytes;
        var cipher = Text(header.Cipher);
        var hash = Text(header.Hash);
        s_ciphers.TryGetValue(cipher, out var known);
        return ivHash is not null && !s_hashes.ContainsKey(ivHash) ? new("luks-iv-hash", $"Hash algorithm '{ivHash}' not supported")
            : !s_modes.Contains(mode) ? new("luks-mode", $"Cipher mode '{mode}' not supported")
            : known.Keys?.Contains(keyBytes) != true
                ? new("luks-cipher", $"Algorithm '{cipher}' with key size {(int)keyBytes} bytes not supported")
            : !s_hashes.ContainsKey(hash) ? new("luks-hash", $"Hash algorithm '{hash}' not supported")
            : !s_generators.Contains(generator) ? new("luks-iv", $"IV generator '{generator}' not supported")
            : generator == "essiv" ? Essiv(ivHash, known, keyBytes) : null;
    }

    /// <summary>What QEMU only notices with a key (qcrypto_block_luks_load_key), of names that <see cref="Find"/> passed.</summary>
    public static Fault? FindWithKey(LuksHeader header)
    {
        var isXts = Text(header.Mode).StartsWith(Xts + "-", StringComparison.Ordinal);
        return isXts && header.KeyBytes % 2 != 0 ? new("luks-key-xts", "XTS cipher key length should be a multiple of 2")
            : isXts && Text(header.Cipher) == Cast5 ? new("luks-key-cast5", "Unsupported cipher mode xts")
            : header.MaterialBytes(LuksHeader.Stripes) % LuksHeader.SectorSize != 0
                ? new("luks-key-crash", CheckReport.CrashMark + "signal 6: a key slot's material is not a multiple of 512 bytes") : null;
    }

    // ESSIV takes the digest as the key of another cipher of the same kind.
    private static Fault? Essiv(string? ivHash, (uint[] Keys, string Name) cipher, uint keyBytes)
    {
        var digest = ivHash is null ? 0 : s_hashes[ivHash];
        return ivHash is null ? new("luks-iv-missing", "Missing IV generator hash specification")
            : digest == keyBytes ? null
            : cipher.Keys.Length == 1 ? new("luks-essiv-cipher", $"Cipher {cipher.Name} not supported with essiv")
            : !cipher.Keys.Contains(digest) ? new("luks-essiv", $"No {cipher.Name} cipher with key size {digest} available") : null;
    }
}
