using System.Diagnostics;
using Qcow2Fs.Cli.Pool;

namespace Qcow2Fs.Cli.Maps;

/// <summary>Shows what every cluster of an image file holds, and which refcounts and entries are wrong.</summary>
internal static class MapCommand
{
    // Most maps are made before anybody would read a line about them.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(1);

    public static void Define(Command command)
    {
        var asJson = command.AddFlag("--json", "Print a JSON object.");
        var svg = command.AddOption<string>("--svg", "FILE", "Also draw the map to a new file.");
        var image = command.AddImage();
        command.SetAction(parsed => Run(parsed.GetRequiredValue(image), parsed.GetValue(asJson),
            parsed.GetValue(svg) is { } file ? Arguments.RequireNotEmpty(file, "--svg") : null));
    }

    private static int Run(string path, bool asJson, string? svg)
    {
        try
        {
            using var image = OpenedImage.At(Arguments.RequireNotEmpty(path, "IMAGE"));
            var header = image.ReadHeader();
            if (!header.HasMagic)
            {
                throw OpenImage.NotAnImage(path, header, "no map can be made of it");
            }

            var map = Read(header, image);
            if (svg is not null)
            {
                Draw(map, path, svg);
            }

            using var output = StandardStreams.OpenOutput();
            if (asJson)
            {
                MapJson.Write(map, path, output);
            }
            else
            {
                MapText.Write(map, output);
            }

            return map.Totals.Leaks + map.Totals.Corruptions > 0 ? ExitCode.Found : ExitCode.Done;
        }
        catch (Exception e) when (e is ImageException or IOException)
        {
            throw OpenImage.Failure(path, e);
        }
    }

    private static ImageMap Read(Header header, OpenedImage image)
    {
        var progress = new ProgressLine();
        var start = Stopwatch.GetTimestamp();
        var map = ImageMap.Of(header, image, (done, all) =>
        {
            if (Stopwatch.GetElapsedTime(start) >= s_patience)
            {
                progress.Show(() => $"{done} of {all} L2 tables");
            }
        });
        progress.Clear();
        return map;
    }

    private static void Draw(ImageMap map, string path, string svg)
    {
        try
        {
            NewImageFile.Create(svg, file => file.Write(Encoding.UTF8.GetBytes(MapSvg.Of(map, Path.GetFileName(path)))));
        }
        catch (ImageException e)
        {
            throw new CommandFailure(e.Errno == Mono.Unix.Native.Errno.EEXIST ? $"{svg} already exists" : $"{svg}: {e.Message}");
        }
    }
}
