namespace Qcow2Fs.Codec;

/// <summary>The table that declares an entry of the bitmap directory (specification, "Bitmap directory").</summary>
public static class BitmapFields
{
    /// <summary>The table.</summary>
    public static readonly FieldTable All = [];

    /// <summary>Where the bitmap's table starts.</summary>
    public static readonly Field TableOffset = All.Add("bitmap_table_offset", 8, FieldStyle.Hex, "offset of the bitmap's table");

    /// <summary>Entries of the bitmap's table, 8 bytes each.</summary>
    public static readonly Field TableSize = All.Add("bitmap_table_size", 4, FieldStyle.Decimal, "entries in the bitmap's table");

    /// <summary>Bit 0 in use, 1 auto, 2 extra data compatible.</summary>
    public static readonly Field Flags = All.Add("flags", 4, FieldStyle.Hex, "bit 0 in use, bit 1 auto, bit 2 extra data compatible");

    /// <summary>1, a dirty tracking bitmap.</summary>
    public static readonly Field Type = All.Add("type", 1, FieldStyle.Decimal, "1, a dirty tracking bitmap");

    /// <summary>Binary logarithm of the bytes that a bit stands for, 9 to 31.</summary>
    public static readonly Field GranularityBits =
        All.Add("granularity_bits", 1, FieldStyle.Decimal, "a bit stands for 2^this bytes, 9 to 31");

    /// <summary>Bytes of the name.</summary>
    public static readonly Field NameSize = All.Add("name_size", 2, FieldStyle.Decimal, "length of the name in bytes");

    /// <summary>Bytes of extra data between the fixed fields and the name.</summary>
    public static readonly Field ExtraDataSize = All.Add("extra_data_size", 4, FieldStyle.Decimal, "length of the extra data in bytes");

    /// <summary>Bytes of the fixed fields.</summary>
    public static readonly int FixedSize = All.Size;
}

/// <summary>The table that declares a snapshot table's entry (specification, "Snapshots"), with the extra data that is defined.</summary>
public static class SnapshotFields
{
    /// <summary>The table.</summary>
    public static readonly FieldTable All = [];

    /// <summary>Where the snapshot's L1 table starts.</summary>
    public static readonly Field L1TableOffset = All.Add("l1_table_offset", 8, FieldStyle.Hex, "offset of the snapshot's L1 table");

    /// <summary>Entries of the snapshot's L1 table.</summary>
    public static readonly Field L1Size = All.Add("l1_size", 4, FieldStyle.Decimal, "entries in the snapshot's L1 table");

    /// <summary>Bytes of the id.</summary>
    public static readonly Field IdSize = All.Add("id_str_size", 2, FieldStyle.Decimal, "length of the id in bytes");

    /// <summary>Bytes of the name.</summary>
    public static readonly Field NameSize = All.Add("name_size", 2, FieldStyle.Decimal, "length of the name in bytes");

    /// <summary>When it was taken, in seconds since 1970.</summary>
    public static readonly Field DateSec = All.Add("date_sec", 4, FieldStyle.Decimal, "when it was taken, seconds since 1970");

    /// <summary>When it was taken, nanoseconds of the second.</summary>
    public static readonly Field DateNsec = All.Add("date_nsec", 4, FieldStyle.Decimal, "when it was taken, nanoseconds of the second");

    /// <summary>How long the guest had run, in nanoseconds.</summary>
    public static readonly Field VmClockNsec =
        All.Add("vm_clock_nsec", 8, FieldStyle.Decimal, "how long the guest had run, in nanoseconds");

    /// <summary>Bytes of VM state, if they fit; the extra data has the full number.</summary>
    public static readonly Field VmStateSize =
        All.Add("vm_state_size", 4, FieldStyle.Decimal, "bytes of VM state, 0 if there is none or too much");

    /// <summary>Bytes of extra data between the fixed fields and the id.</summary>
    public static readonly Field ExtraDataSize = All.Add("extra_data_size", 4, FieldStyle.Decimal, "length of the extra data in bytes");

    /// <summary>Bytes of the fields that every entry has; extra data starts here.</summary>
    public static readonly int FixedSize = All.Size;

    /// <summary>Bytes of VM state; exists from 8 bytes of extra data on.</summary>
    public static readonly Field VmStateSizeLarge = All.Add("vm_state_size_large", 8, FieldStyle.Decimal, "bytes of VM state");

    /// <summary>Virtual disk size; exists from 16 bytes of extra data on.</summary>
    public static readonly Field DiskSize = All.Add("disk_size", 8, FieldStyle.Decimal, "virtual disk size in bytes");

    /// <summary>Instruction count; exists from 24 bytes of extra data on.</summary>
    public static readonly Field ICount = All.Add("icount", 8, FieldStyle.Decimal, "the guest's instruction count");

    /// <summary>The end of the last field that is defined.</summary>
    public static readonly int KnownSize = All.Size;
}
