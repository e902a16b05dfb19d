namespace Qcow2Fs.Check;

/// <summary>Commands that are a way out. <c>MOUNT</c> and <c>IMAGE</c> stand for the paths, other capitals for what only a person knows.</summary>
internal static class Hints
{
    public const string Repair = "qemu-img check -r all IMAGE";

    public const string DropBitmaps = "rm MOUNT/extensions/0x23852875 && " + Repair;

    public static string Remove(string place) => $"rm MOUNT/{place}";

    public static string Create(string place) => $"touch MOUNT/{place}";

    public static string Write(string place, string value) => $"echo {value} > MOUNT/{place}";
}
