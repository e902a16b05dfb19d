namespace Qcow2Fs.Codec.Tests;

/// <summary>The feature name table by the specification: 48-byte records of type, bit and name.</summary>
internal static class FeatureTableModel
{
    /// <summary>
    /// The table with that name for the bit: the last record that names it changes, else one comes behind the last that QEMU
    /// reads.
    /// </summary>
    public static byte[] Named(byte[] table, byte type, int bit, byte[] name)
    {
        var records = table.Chunk(48).ToList();
        var readable = records.TakeWhile(r => r.Length == 48 && r[2] != 0).Count();
        var index = records.Take(readable).ToList().FindLastIndex(r => r[0] == type && r[1] == bit);
        byte[] record = [type, (byte)bit, .. name.Take(46), .. new byte[Math.Max(0, 46 - name.Length)]];
        if (index >= 0)
        {
            records[index] = record;
        }
        else
        {
            records.Insert(readable, record);
        }

        return [.. records.SelectMany(r => r)];
    }
}
