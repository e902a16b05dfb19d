using System.Collections.Frozen;

namespace Qcow2Fs.Check;

/// <summary>QEMU's checks of the names in a LUKS header (qcrypto_block_luks_parse_header).</summary>
internal static class LuksAlgorithms
{
    private const string Xts = "xts";
    private const string Cast5 = "cast5";
    private const string Sm4 = "sm4";
    private const string Ecb = "ecb";

    private static readonly string[] s_modes = [Ecb, "cbc", Xts, "ctr"];

    private static readonly string[] s_generators = ["plain", "plain64", "essiv"];

    private static readonly FrozenDictionary<string, LuksHash> s_hashes = new Dictionary<string, LuksHash>
    {
        ["md5"] = new(16),
        ["ripemd160"] = new(20),
        ["sha1"] = new(20),
        ["sha224"] = new(28),
        ["sha256"] = new(32),
        ["sha384"] = new(48),
        ["sha512"] = new(64),
        ["sm3"] = new(32) { Since = QemuChange.Sm3 },
    }.ToFrozenDictionary();

    private static readonly FrozenDictionary<string, LuksCipher> s_ciphers = new Dictionary<string, LuksCipher>
    {
        ["aes"] = new("AES", 16, 24, 32),
        [Cast5] = new("cast5-128", 16),
        ["serpent"] = new("Serpent", 16, 24, 32),
        [Sm4] = new(Sm4, 16) { Since = QemuChange.Sm4 },
        ["twofish"] = new("Twofish", 16, 24, 32),
    }.ToFrozenDictionary();

    /// <summary>The first name that QEMU does not know or take, in its order: IV hash, mode, cipher, hash, IV generator.</summary>
    public static Fault? Find(LuksHeader header, QemuVersion qemu)
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
        var known = s_ciphers.GetValueOrDefault(cipher) is { } row && QemuChange.IsIn(qemu, row.Since, null) ? row : null;
        return ivHash is not null && !IsHash(ivHash) ? new("luks-iv-hash", $"Hash algorithm '{ivHash}' not supported")
            : !s_modes.Contains(mode) ? new("luks-mode", $"Cipher mode '{mode}' not supported")
            : known?.Keys.Contains(keyBytes) != true
                ? new("luks-cipher", $"Algorithm '{cipher}' with key size {(int)keyBytes} bytes not supported")
            : !IsHash(hash) ? new("luks-hash", $"Hash algorithm '{hash}' not supported")
            : !s_generators.Contains(generator) ? new("luks-iv", $"IV generator '{generator}' not supported")
            : generator == "essiv" ? Essiv(ivHash, known, keyBytes) : null;

        bool IsHash(string name) => s_hashes.GetValueOrDefault(name) is { } found && QemuChange.IsIn(qemu, found.Since, null);
    }

    /// <summary>What QEMU only notices with a key (qcrypto_block_luks_load_key), of names that <see cref="Find"/> passed.</summary>
    public static Fault? FindWithKey(LuksHeader header)
    {
        var mode = Text(header.Mode).Split('-')[0];
        var cipher = Text(header.Cipher);
        return mode == Xts && header.KeyBytes % 2 != 0 ? new("luks-key-xts", "XTS cipher key length should be a multiple of 2")
            : mode == Xts && cipher == Cast5 ? new("luks-key-cast5", UnsupportedMode(mode))
            : mode != Ecb && cipher == Sm4 ? new("luks-key-sm4", UnsupportedMode(mode))
            : header.MaterialBytes(LuksHeader.Stripes) % LuksHeader.SectorSize != 0
                ? new("luks-key-crash", CheckReport.CrashMark + "signal 6: a key slot's material is not a multiple of 512 bytes") : null;

        static string UnsupportedMode(string mode) => $"Unsupported cipher mode {mode}";
    }

    // ESSIV takes the digest as the key of another cipher of the same kind.
    private static Fault? Essiv(string? ivHash, LuksCipher cipher, uint keyBytes)
    {
        var digest = ivHash is null ? 0 : s_hashes[ivHash].DigestBytes;
        return ivHash is null ? new("luks-iv-missing", "Missing IV generator hash specification")
            : digest == keyBytes ? null
            : cipher.Keys.Length == 1 ? new("luks-essiv-cipher", $"Cipher {cipher.Name} not supported with essiv")
            : !cipher.Keys.Contains(digest) ? new("luks-essiv", $"No {cipher.Name} cipher with key size {digest} available") : null;
    }
}

/// <summary>A hash that QEMU knows.</summary>
/// <param name="DigestBytes">Bytes of a digest.</param>
internal sealed record LuksHash(uint DigestBytes)
{
    /// <summary>The change that it came with; null if the oldest series has it.</summary>
    public QemuChange? Since { get; init; }
}

/// <summary>A cipher that QEMU knows.</summary>
/// <param name="Name">Its name in messages.</param>
/// <param name="Keys">The lengths of its keys in bytes.</param>
internal sealed record LuksCipher(string Name, params uint[] Keys)
{
    /// <summary>The change that it came with; null if the oldest series has it.</summary>
    public QemuChange? Since { get; init; }
}
