namespace Qcow2Fs.Check;

/// <summary>How QEMU names incompatible bits that it does not know (report_unsupported_feature).</summary>
internal static class UnsupportedFeatureText
{
    /// <summary>The bits' names in the order of the image's table, then what the table does not name as one number.</summary>
    public static string Of(OpenState state, ulong bits)
    {
        var names = new List<string>();
        for (var table = Table(state).AsSpan(); table.Length > FeatureNameTable.NameOffset && table[FeatureNameTable.NameOffset] != 0;
            table = table[Math.Min(FeatureNameTable.RecordSize, table.Length)..])
        {
            // The shift uses the low six bits of the number.
            var bit = 1UL << (int)FeatureNameFields.Bit.Read(table);
            if (FeatureNameFields.Type.Read(table) == FeatureGroup.Incompatible.Type && (bits & bit) != 0)
            {
                names.Add(Text(table[FeatureNameTable.NameOffset..Math.Min(FeatureNameTable.RecordSize, table.Length)]));
                bits &= ~bit;
            }
        }

        if (bits != 0)
        {
            names.Add($"Unknown incompatible feature: {bits:x}");
        }

        return string.Join(", ", names);
    }

    // QEMU looks for the table before it has read the encryption method, so a crypto header ends its search like any bad
    // extension does. A table found before that is used.
    private static byte[] Table(OpenState state)
    {
        byte[] table = [];
        for (var i = 0; i < state.Header.Extensions.Items.Length; i++)
        {
            var item = state.Header.Extensions.Items[i];
            if (item.Magic == ExtensionMagic.FeatureTable)
            {
                table = state.Header.DataOf(item).ToArray();
            }
            else if (item.Magic == ExtensionMagic.CryptoHeader || ExtensionRules.Refuses(state, i) is not null)
            {
                break;
            }
        }

        return table;
    }
}
