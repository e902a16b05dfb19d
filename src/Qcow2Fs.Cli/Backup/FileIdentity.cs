namespace Qcow2Fs.Cli.Backup;

/// <summary>Which file an image is, and how long: what a backup keeps of it. A copy of the file is another one.</summary>
/// <param name="Device">The file system: major number in the upper half, minor in the lower.</param>
/// <param name="Inode">The inode in that file system.</param>
/// <param name="Born">When the file was made; zero where the file system does not record it.</param>
/// <param name="Length">Bytes of the file or block device.</param>
internal readonly record struct FileIdentity(ulong Device, ulong Inode, ImageTime Born, long Length)
{
    /// <summary>What a copy is, or a file that has taken an image's name.</summary>
    public const string OtherFile = $"it is another file than the one that was backed up; {Force}";

    private const string Program = CommandLine.Program;

    private const string Force = $"{Arguments.ForceName} restores it all the same";

    public static FileIdentity Of(in ImageStatus status, long length) => new(status.Device, status.Inode, status.Born, length);

    /// <summary>Reads what <see cref="ToString"/> has written.</summary>
    public static bool TryParse(string text, out FileIdentity identity)
    {
        identity = default;
        if (text.Split(' ', ':', '.') is not
                [Program, "device", var major, var minor, "inode", var inode, "born", var born, var fraction, "length", var length]
            || !Number(major, out uint majorNumber) || !Number(minor, out uint minorNumber) || !Number(inode, out ulong inodeNumber)
            || !Number(born, out long seconds) || !Number(fraction, out uint nanoseconds) || !Number(length, out long bytes))
        {
            return false;
        }

        identity = new(((ulong)majorNumber << 32) | minorNumber, inodeNumber, new(seconds, nanoseconds), bytes);
        return true;

        static bool Number<T>(string text, out T number)
            where T : System.Numerics.IBinaryInteger<T> =>
            T.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number!);
    }

    /// <summary>Why a file is not the one that was backed up, as a sentence; null if it is. It may have grown.</summary>
    public string? Difference(in FileIdentity now) =>
        (now.Device, now.Inode) != (Device, Inode) || now.Born != Born ? OtherFile
        : now.Length < Length ? $"it has {now.Length} bytes, and had {Length} when it was backed up; {Force}" : null;

    /// <summary>One line, for a person, too.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"{Program} device {Device >> 32}:{(uint)Device} inode {Inode} born {Born.Seconds}.{Born.Nanoseconds:d9} length {Length}");
}
