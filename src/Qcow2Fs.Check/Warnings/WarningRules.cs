namespace Qcow2Fs.Check;

/// <summary>What QEMU opens all the same, but warns of, repairs or drops, and what only the specification forbids.</summary>
internal static class WarningRules
{
    private static readonly ImmutableArray<Func<OpenState, IEnumerable<Finding>>> s_all =
    [
        FeatureWarnings.Dirty,
        FeatureWarnings.UnknownAutoclear,
        FeatureWarnings.UnknownCompatible,
        FeatureWarnings.BitmapsWithoutExtension,
        FeatureWarnings.RawWithBackingFile,
        FeatureWarnings.NoLongerSupported,
        FeatureWarnings.Encrypted,
        LayoutWarnings.HeaderLength,
        LayoutWarnings.Padding,
        LayoutWarnings.UnknownBytes,
        LayoutWarnings.Size,
        LayoutWarnings.BackingName,
        LayoutWarnings.Tables,
        LayoutWarnings.Rewrite,
        ExtensionWarnings.Duplicates,
        ExtensionWarnings.DroppedBitmaps,
        ExtensionWarnings.IgnoredDataFile,
        ExtensionWarnings.CutNames,
        ExtensionWarnings.FeatureTable,
        ExtensionWarnings.Unknown,
        SnapshotWarnings.Find,
        SnapshotWarnings.RepairDeletes,
        BitmapWarnings.Find,
        MemoryWarning.Find,
        References.Find,
        Polyglots.Find,
    ];

    /// <summary>The warnings. A part of the image that cannot be read is one.</summary>
    public static IEnumerable<Finding> Find(OpenState state) => s_all.SelectMany(rule => Readable(rule, state));

    private static List<Finding> Readable(Func<OpenState, IEnumerable<Finding>> rule, OpenState state)
    {
        var found = new List<Finding>();
        try
        {
            found.AddRange(ImageCheck.Limited(rule(state), finding => finding.Rule));
        }
        catch (IOException)
        {
            // The open rules have an error for the tables that QEMU reads; what QEMU does not read must not pass unjudged either.
            found.Add(new("unreadable", Severity.Error, new HeaderCluster(), "a part of the image cannot be read: Input/output error"));
        }

        return found;
    }
}
