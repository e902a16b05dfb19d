namespace Fuse3;

/// <summary>
/// How to mount. Always set, and not options: no caching of attributes and names (<c>attr_timeout=0</c>, <c>entry_timeout=0</c>,
/// <c>negative_timeout=0</c>), and no flush for files opened read-only where libfuse can leave it out (<c>no_rofd_flush</c>).
/// </summary>
public sealed record MountOptions
{
    /// <summary>The source shown in the mount table (<c>fsname</c>), any text without a NUL; null for libfuse's default.</summary>
    public string? FileSystemName { get; init; }

    /// <summary>The type shown in the mount table after <c>fuse.</c>; null for plain <c>fuse</c>.</summary>
    public string? Subtype { get; init; }

    /// <summary>Mount read-only: the kernel answers every change with EROFS.</summary>
    public bool ReadOnly { get; init; }

    /// <summary>
    /// Let other users in (<c>allow_other</c>); sets <see cref="DefaultPermissions"/> too, because without it any user could do anything.
    /// Users other than root need <c>user_allow_other</c> in /etc/fuse.conf.
    /// </summary>
    public bool AllowOther { get; init; }

    /// <summary>
    /// Let the kernel check the permission bits and owners that <see cref="FuseFileSystemBase.GetAttr"/> reports
    /// (<c>default_permissions</c>).
    /// </summary>
    public bool DefaultPermissions { get; init; }

    /// <summary>
    /// More libfuse options, one per element as <c>name</c> or <c>name=value</c>; commas and backslashes are escaped by the binding. They
    /// come last and win over the fixed ones.
    /// </summary>
    public IReadOnlyList<string> Extra { get; init; } = [];
}
