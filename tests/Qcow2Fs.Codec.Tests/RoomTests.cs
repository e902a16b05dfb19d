using FsCheck.Xunit;
using Qcow2Fs.Codec.Edits;
using Qcow2Fs.TestKit;

namespace Qcow2Fs.Codec.Tests;

/// <summary>What <see cref="Header.FreeBytes"/> promises.</summary>
public class RoomTests
{
    [Property(Arbitrary = [typeof(HeaderArbitraries)], MaxTest = 400)]
    public void An_extension_fits_exactly_if_its_footprint_is_free(GeneratedHeader good)
    {
        var header = Header.Decode(good.Bytes);
        var free = header.FreeBytes;
        var most = (free / 8 * 8) - 8;
        if (most >= 0)
        {
            var full = header.WithExtensionAdded(7, new byte[most]);
            Assert.True(full.FreeBytes < 8, $"{good}: {full.FreeBytes} bytes free after the largest extension");
        }

        var error = Assert.Throws<HeaderException>(() => header.WithExtensionAdded(7, new byte[most + 1 < 0 ? 0 : most + 1]));
        Assert.Equal(HeaderError.NoRoom, error.Error);
    }

    [Property(Arbitrary = [typeof(HeaderArbitraries)])]
    public void What_an_extension_takes_is_no_longer_free_until_it_is_removed(GeneratedHeader good)
    {
        var header = Header.Decode(good.Bytes);
        if (header.FreeBytes < 24 || header.Extensions.TailEnd == header.Extensions.ItemsEnd)
        {
            return;
        }

        var more = header.WithExtensionAdded(7, new byte[9]);
        Assert.Equal(header.FreeBytes - 24, more.FreeBytes);
        Assert.Equal(header.FreeBytes, more.WithoutExtension(more.Extensions.Items.Length - 1).FreeBytes);
    }

    [Fact]
    public void Free_bytes_count_end_marker_and_name()
    {
        Assert.Equal(512 - 120, Header.Decode(new HeaderBuilder().ClusterBits(9).Build()).FreeBytes);
        Assert.Equal(512 - 120 - 4, Header.Decode(new HeaderBuilder().ClusterBits(9).Backing("name").Build()).FreeBytes);
        Assert.Equal(512 - 120 - 4, Header.Decode(new HeaderBuilder().ClusterBits(9).BackingAt(400, "name"u8.ToArray()).Build()).FreeBytes);
        Assert.Equal(0, Header.Decode(new HeaderBuilder().ClusterBits(9).Extension(7, new byte[384]).Build()).FreeBytes);
        Assert.Equal(0, Header.Decode(new HeaderBuilder().ClusterBits(9).Extension(7, new byte[392]).NoEnd().Build()).FreeBytes);
    }

    [Fact]
    public void The_longest_backing_name_beside_format_raw_in_512_byte_clusters_is_376_as_QEMU_has_it()
    {
        var header = Header.Decode(new HeaderBuilder().ClusterBits(9).Extension(0xe2792aca, "raw").Build());
        Assert.Equal(0, header.WithBackingFile(new byte[376]).FreeBytes);
        Assert.Equal(HeaderError.NoRoom, Assert.Throws<HeaderException>(() => header.WithBackingFile(new byte[377])).Error);
    }
}
