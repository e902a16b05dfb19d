namespace Qcow2Fs.Check;

/// <summary>Other files that an image makes QEMU open. The names are reported, never followed.</summary>
internal static class References
{
    public static IEnumerable<Finding> Find(OpenState s)
    {
        if (s.Header.HasBackingFile && Text(s.Header.BackingFileName) is { Length: > 0 } backing)
        {
            yield return new(Severity.Reference, new BackingFile(), $"QEMU opens the backing file '{backing}'{Kind(backing)}");
            if (s.LastData(ExtensionMagic.BackingFormat) is not { } format || CString(format).IsEmpty)
            {
                yield return new(Severity.Warning, new BackingFile(),
                    "the image does not say the backing file's format, so QEMU guesses it from what the guest may have written there",
                    new Remedy.Write(new HeaderExtension(ExtensionMagic.BackingFormat), "FORMAT"));
            }
        }

        // QEMU does not look for prefixes in this name since 7.2.13.
        if (s.HasDataFile && s.LastData(ExtensionMagic.DataFile) is { } data && Text(data) is { Length: > 0 } file)
        {
            yield return new(Severity.Reference, new DataFile(),
                $"QEMU opens the data file '{file}', relative to the directory it is started in{Kind(file)}");
        }
    }

    // As QEMU sees a protocol (path_has_protocol): a colon before any slash.
    private static string Kind(string name)
    {
        var colon = name.IndexOfAny([':', '/']);
        return name switch
        {
            _ when name.StartsWith("json:", StringComparison.Ordinal) => ", a json: description that can name any driver and file",
            _ when colon >= 0 && name[colon] == ':' => $", by the protocol '{name[..colon]}'",
            _ => "",
        };
    }
}
