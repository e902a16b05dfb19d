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
        LayoutWarnings.HeaderLength,
        LayoutWarnings.Padding,
        LayoutWarnings.Size,
        LayoutWarnings.BackingName,
        LayoutWarnings.Tables,
        LayoutWarnings.Rewrite,
        ExtensionWarnings.Duplicates,
        ExtensionWarnings.DroppedBitmaps,
        ExtensionWarnings.IgnoredDataFile,
        ExtensionWarnings.CutNames,
        ExtensionWarnings.FeatureTable,
        SnapshotWarnings.Find,
        BitmapWarnings.Find,
    ];

    /// <summary>The warnings. A part of the image that cannot be read yields none.</summary>
    public static IEnumerable<Finding> Find(OpenState state) => s_all.SelectMany(rule => Readable(rule, state));

    // That it cannot be read is a refusal, which the open rules have found.
    private static List<Finding> Readable(Func<OpenState, IEnumerable<Finding>> rule, OpenState state)
    {
        var found = new List<Finding>();
        try
        {
            found.AddRange(rule(state).Take(ImageCheck.MaxFindings));
        }
        catch (IOException)
        {
        }

        return found;
    }
}
