using Qcow2Fs.Cli.Dump;

namespace Qcow2Fs.Cli.Tests;

/// <summary>The program's dumps without a process.</summary>
internal static class OwnDump
{
    /// <summary>All four dumps of an image, one after the other, as <see cref="RealTool"/> has them.</summary>
    public static byte[] Of(string path)
    {
        using var image = OpenImage.ToRead(path);
        using var bytes = new MemoryStream();
        using (var output = new DumpOutput(bytes))
        {
            var header = new RawHeader(new RawImage(image.File));
            foreach (var print in new Action<bool>[] { new TextDump(header, output).Print, new JsonDump(header, output).Print })
            {
                print(true);
                print(false);
            }
        }

        return bytes.ToArray();
    }
}
