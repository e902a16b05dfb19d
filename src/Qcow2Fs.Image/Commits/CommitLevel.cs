namespace Qcow2Fs.Image.Commits;

/// <summary>How much it takes to change a header atomically (docs/durability.md).</summary>
internal enum CommitLevel
{
    /// <summary>Nothing changes.</summary>
    Nothing,

    /// <summary>One sector changes: one write.</summary>
    OneSector,

    /// <summary>Several sectors change, but what old and new header both use changes in one of them: that one is the commit.</summary>
    Ordered,

    /// <summary>The header takes a detour over a layout that keeps parts of it further back in the cluster.</summary>
    Relocated,

    /// <summary>Not atomic. Only where the old or the new header is one that QEMU refuses anyway.</summary>
    Unordered,
}
