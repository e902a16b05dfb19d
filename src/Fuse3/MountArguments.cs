namespace Fuse3;

/// <summary>Builds the value of libfuse's <c>-o</c> from <see cref="MountOptions"/>.</summary>
internal static class MountArguments
{
    /// <summary>Do not flush files opened for reading at close; known since libfuse 3.11 and an error before.</summary>
    public const string NoReadOnlyFlush = "no_rofd_flush";

    private static readonly string[] s_fixed = ["attr_timeout=0", "entry_timeout=0", "negative_timeout=0"];

    /// <exception cref="ArgumentException">An option contains a NUL or is empty.</exception>
    public static string Build(MountOptions options, bool withNoReadOnlyFlush)
    {
        List<string> list = [.. s_fixed];
        if (withNoReadOnlyFlush)
        {
            list.Add(NoReadOnlyFlush);
        }

        if (options.FileSystemName is { } name)
        {
            list.Add($"fsname={name}");
        }

        if (options.Subtype is { } subtype)
        {
            list.Add($"subtype={subtype}");
        }

        if (options.ReadOnly)
        {
            list.Add("ro");
        }

        if (options.AllowOther)
        {
            list.Add("allow_other");
        }

        if (options.DefaultPermissions || options.AllowOther)
        {
            list.Add("default_permissions");
        }

        list.AddRange(options.Extra);
        return string.Join(',', list.Select(Escape));
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
