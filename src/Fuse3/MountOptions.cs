namespace Fuse3;

/// <summary>
/// How to mount. Always set: no caching of attributes and names (<c>attr_timeout=0</c>, <c>entry_timeout=0</c>,
/// <c>negative_timeout=0</c>), and no flush for files opened read-only where libfuse supports that (<c>no_rofd_flush</c>).
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
    /// Let other users use the mount (<c>allow_other</c>). Implies <see cref="DefaultPermissions"/>, because without it any user could do
    /// anything. Users other than root need <c>user_allow_other</c> in /etc/fuse.conf.
    /// </summary>
    public bool AllowOther { get; init; }

    /// <summary>Let the kernel check the permission bits and owners that GetAttr reports (<c>default_permissions</c>).</summary>
    public bool DefaultPermissions { get; init; }

    /// <summary>
    /// More libfuse options, one per element as <c>name</c> or <c>name=value</c>; the binding escapes commas and backslashes. They
    /// come last and override the fixed ones.
    /// </summary>
    public IReadOnlyList<string> Extra { get; init; } = [];

    /// <summary>The value of libfuse's <c>-o</c>; no_rofd_flush is an error before libfuse 3.11.</summary>
    /// <exception cref="ArgumentException">An option contains a NUL or is empty.</exception>
    internal string ToArgument(bool withNoReadOnlyFlush)
    {
        string?[] options =
        [
            "attr_timeout=0", "entry_timeout=0", "negative_timeout=0",
            withNoReadOnlyFlush ? "no_rofd_flush" : null,
            FileSystemName is null ? null : $"fsname={FileSystemName}",
            Subtype is null ? null : $"subtype={Subtype}",
            ReadOnly ? "ro" : null,
            AllowOther ? "allow_other" : null,
            DefaultPermissions || AllowOther ? "default_permissions" : null,
            .. Extra,
        ];
        return string.Join(',', options.OfType<string>().Select(Escape));
    }

    // fuse_opt.c: a comma separates options, a backslash takes the next character as it is.
    private static string Escape(string option)
    {
        if (option.Length == 0 || option.Contains('\0', StringComparison.Ordinal))
        {
            throw new ArgumentException("A mount option must not be empty or contain a NUL.");
        }

        return option.Replace(@"\", @"\\", StringComparison.Ordinal).Replace(",", @"\,", StringComparison.Ordinal);
    }
}
