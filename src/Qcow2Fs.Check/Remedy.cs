namespace Qcow2Fs.Check;

/// <summary>What a user can do about a finding. The nested records are all that there are.</summary>
public abstract record Remedy
{
    internal static readonly Remedy RepairImage = new Repair();

    internal static readonly Remedy DropBitmaps = new Remove(new Subject.HeaderExtension(ExtensionMagic.Bitmaps), ThenRepair: true);

    private Remedy()
    {
    }

    /// <summary>Remove the subject.</summary>
    /// <param name="Subject">A feature bit or an extension.</param>
    /// <param name="ThenRepair">Whether the image must be repaired afterwards, as clusters or refcounts are wrong then.</param>
    public sealed record Remove(Subject Subject, bool ThenRepair = false) : Remedy;

    /// <summary>Create the subject.</summary>
    /// <param name="Subject">A feature bit.</param>
    public sealed record Create(Subject Subject) : Remedy;

    /// <summary>Write a value to the subject, which comes to exist by it.</summary>
    /// <param name="Subject">A field, a name or an extension.</param>
    /// <param name="Value">The value; in capitals if only the user can know it.</param>
    public sealed record Write(Subject Subject, string Value) : Remedy;

    /// <summary>Let <c>qemu-img check -r all</c> repair the image.</summary>
    public sealed record Repair : Remedy;

    /// <summary>Let <c>qemu-img bitmap --remove</c> remove the bitmap.</summary>
    /// <param name="Bitmap">The bitmap.</param>
    public sealed record RemoveBitmap(Subject.Bitmap Bitmap) : Remedy;
}
