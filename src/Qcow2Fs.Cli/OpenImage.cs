using Qcow2Fs.Codec;
using Qcow2Fs.Image;
using Qcow2Fs.Tree;

namespace Qcow2Fs.Cli;

/// <summary>An image that a command works on. What is wrong with it as a whole is said with its path.</summary>
internal sealed class OpenImage : IDisposable
{
    private OpenImage(string path, ImageFile file) => (Path, File) = (path, file);

    /// <summary>The path as the user gave it.</summary>
    public string Path { get; }

    public ImageFile File { get; }

    public ImageView View => field ??= new(File);

    public ImageTree Tree => field ??= new(View);

    /// <summary>For reading: any file will do, also one that is no image.</summary>
    /// <exception cref="CommandFailure">It cannot be opened or read.</exception>
    public static OpenImage ToRead(string path)
    {
        ImageFile? file = null;
        try
        {
            file = ImageFile.At(Arguments.RequireNotEmpty(path, "IMAGE"));
            var image = new OpenImage(path, file);
            _ = file.ReadHeader();
            return image;
        }
        catch (Exception e) when (e is ImageException or TreeException)
        {
            file?.Dispose();
            throw new CommandFailure($"{path}: {e.Message}");
        }
    }

    /// <summary>For changing.</summary>
    /// <param name="path">The image.</param>
    /// <param name="force">Also without the magic: it may be any file, and a slip of the finger must not damage that.</param>
    /// <exception cref="CommandFailure">It cannot be opened, or is no qcow2 image.</exception>
    public static OpenImage ToChange(string path, bool force)
    {
        var image = ToRead(path);
        var header = image.View.Header;
        if (header.HasMagic || force)
        {
            return image;
        }

        image.Dispose();
        var magic = NumberText.Format(header[HeaderFields.Magic], FieldStyle.Hex);
        throw new CommandFailure($"{path} is no qcow2 image (its magic is {magic}); --force changes it all the same");
    }

    public void Dispose() => File.Dispose();

    /// <summary>Runs an operation on a part of the image; its refusal is said with that part.</summary>
    /// <exception cref="CommandFailure">The operation was refused.</exception>
    public static void Do(string part, Action operation)
    {
        try
        {
            operation();
        }
        catch (Exception e) when (e is TreeException or HeaderException)
        {
            throw new CommandFailure($"{part}: {e.Message.TrimEnd('.')}");
        }
    }
}
