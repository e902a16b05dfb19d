using System.Globalization;
using System.Text;

namespace Fuse3.Tests;

/// <summary>A directory with as many names as wanted, made up on the fly; counts the calls.</summary>
internal sealed class ListingFileSystem(int count) : FuseFileSystemBase
{
    private int _calls;

    public int Calls => _calls;

    public override int GetAttr(ReadOnlySpan<byte> path, ref FileStat stat, FuseFileInfo fi)
    {
        stat = new FileStat { Mode = path.Length == 1 ? 0x41EDu : 0x81A4u, LinkCount = 1 };
        return 0;
    }

    public override int ReadDir(ReadOnlySpan<byte> path, ulong offset, DirectoryContent content, FuseFileInfo fi)
    {
        _calls++;
        for (var i = (int)offset; i < count; i++)
        {
            if (!content.AddEntry(Encoding.ASCII.GetBytes(i.ToString("D8", CultureInfo.InvariantCulture)), (ulong)i + 1))
            {
                break;
            }
        }

        return 0;
    }
}
