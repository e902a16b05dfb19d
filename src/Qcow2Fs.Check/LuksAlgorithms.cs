using System.Collections.Frozen;
using static Qcow2Fs.Check.Places;

namespace Qcow2Fs.Check;

/// <summary>QEMU's checks of the names in a LUKS header (qcrypto_block_luks_parse_header).</summary>
internal static class LuksAlgorithms
{
    private const string Xts = "xts";
    private const string Cast5 = "cast5";

    private static readonly string[] s_modes = ["ecb", "cbc", Xts, "ctr"];

    private static readonly string[] s_generators = ["plain", "plain64", "essiv"];

    // Bytes of their digests.
    private static readonly FrozenDictionary<string, uint> s_hashes = new Dictionary<string, uint>
    {
        ["md5"] = 16,
        ["sha1"] = 20,
        ["sha224"] = 28,
        ["sha256"] = 32,
        ["sha384"] = 48,
        ["sha512"] = 64,
        ["ripemd160"] = 20,
    }.ToFrozenDictionary();

    // Bytes of their keys, and the name for messages.
    private static readonly FrozenDictionary<string, (uint[] Keys, string Name)> s_ciphers = new Dictionary<string, (uint[], string)>
    {
        ["aes"] = ([16, 24, 32], "AES"),
        [Cast5] = ([16], "cast5-128"),
        ["serpent"] = ([16, 24, 32], "Serpent"),
        ["twofish"] = ([16, 24, 32], "Twofish"),
    }.ToFrozenDictionary();

    /// <summary>The first name that QEMU does not know or take, in its order: IV hash, mode, cipher, hash, IV generator.</summary>
    public static (string Sentence, string Part)? Find(LuksHeader header)
    {
        var text = Text(header.Mode);
        var dash = text.IndexOf('-', StringComparison.Ordinal);
        if (dash < 0)
        {
            return ($"Unexpected cipher mode string format '{text}'", "-luks-mode-format");
        }

        var mode = text[..dash];
        var generator = text[(dash + 1)..];
        var colon = generator.IndexOf(':', StringComparison.Ordinal);
        var ivHash = colon < 0 ? null : generator[(colon + 1)..];
        generator = colon < 0 ? generator : generator[..colon];
        if (ivHash is not null && !s_hashes.ContainsKey(ivHash))
        {
            return ($"Hash algorithm '{ivHash}' not supported", "-luks-iv-hash");
        }

        if (!s_modes.Contains(mode))
        {
            return ($"Cipher mode '{mode}' not supported", "-luks-mode");
        }

        // XTS takes two keys.
        var keyBytes = mode == Xts ? header.KeyBytes / 2 : header.KeyBytes;
        var cipher = Text(header.Cipher);
        if (!s_ciphers.TryGetValue(cipher, out var known) || !known.Keys.Contains(keyBytes))
        {
            return ($"Algorithm '{cipher}' with key size {(int)keyBytes} bytes not supported", "-luks-cipher");
        }

        var hash = Text(header.Hash);
        if (!s_hashes.ContainsKey(hash))
        {
            return ($"Hash algorithm '{hash}' not supported", "-luks-hash");
        }

        if (!s_generators.Contains(generator))
        {
            return ($"IV generator '{generator}' not supported", "-luks-iv");
        }

        return generator != "essiv" ? null : Essiv(ivHash, known, keyBytes);
    }

    /// <summary>
    /// What QEMU only notices once it has a key to try (qcrypto_block_luks_load_key), of names that <see cref="Find"/> passed.
    /// </summary>
    public static (string Sentence, string Part)? FindWithKey(LuksHeader header)
    {
        if (Text(header.Mode).StartsWith(Xts + "-", StringComparison.Ordinal))
        {
            if (header.KeyBytes % 2 != 0)
            {
                return ("XTS cipher key length should be a multiple of 2", "-luks-key-xts");
            }

            if (Text(header.Cipher) == Cast5)
            {
                return ("Unsupported cipher mode xts", "-luks-key-cast5");
            }
        }

        return header.MaterialBytes(LuksHeader.Stripes) % LuksHeader.SectorSize != 0
            ? (CheckReport.CrashMark + "signal 6: a key slot's material is not a multiple of 512 bytes", "-luks-key-crash")
            : null;
    }

    // ESSIV takes the digest as the key of another cipher of the same kind.
    private static (string Sentence, string Part)? Essiv(string? ivHash, (uint[] Keys, string Name) cipher, uint keyBytes)
    {
        if (ivHash is null)
        {
            return ("Missing IV generator hash specification", "-luks-iv-missing");
        }

        var digest = s_hashes[ivHash];
        if (digest == keyBytes)
        {
            return null;
        }

        if (cipher.Keys.Length == 1)
        {
            return ($"Cipher {cipher.Name} not supported with essiv", "-luks-essiv-cipher");
        }

        return cipher.Keys.Contains(digest) ? null : ($"No {cipher.Name} cipher with key size {digest} available", "-luks-essiv");
    }
}
