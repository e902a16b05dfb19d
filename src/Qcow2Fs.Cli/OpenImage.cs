using Qcow2Fs.Tree.Session;

namespace Qcow2Fs.Cli;

/// <summary>An image that a command works on, looked at once. A sentence about the image as a whole names its path.</summary>
internal sealed class OpenImage : IDisposable
{
    private readonly string _name;

    private OpenImage(string name, ImageFile file)
    {
        _name = name;
        File = file;
        file.IsPatient = true;
        Tree = new(file);
        View = Tree.Read();
    }

    public ImageFile File { get; }

    public ImageTree Tree { get; }

    /// <summary>The image when the command started.</summary>
    public ReadView View { get; }

    /// <summary>For reading: any file will do, also one that is not an image.</summary>
    /// <exception cref="CommandFailure">It cannot be opened or read.</exception>
    public static OpenImage ToRead(string path)
    {
        ImageFile? file = null;
        try
        {
            file = ImageFile.At(Arguments.RequireNotEmpty(path, "IMAGE"));
            var image = new OpenImage(path, file);
            _ = image.View.Header;
            return image;
        }
        catch (ImageException e)
        {
            file?.Dispose();
            throw Failure(path, e);
        }
    }

    /// <summary>For changing. Without force only what has the magic: a slip of the finger must not damage any other file.</summary>
    /// <exception cref="CommandFailure">It cannot be opened, or is not a qcow2 image.</exception>
    public static OpenImage ToChange(string path, bool force)
    {
        var image = ToRead(path);
        var header = image.View.Header;
        if (header.HasMagic || force)
        {
            return image;
        }

        image.Dispose();
        throw NotAnImage(path, header, "--force changes it all the same");
    }

    /// <summary>Why an image cannot be opened or read. A folder was perhaps meant for check.</summary>
    public static CommandFailure Failure(string path, Exception error) => new(LibC.IsDirectory(path)
        ? $"{path} is a folder; to check all images in it, use: {CommandLine.Program} check {ShellWord.OfPath(PathText.Encode(path))}"
        : $"{path}: {error.Message}");

    /// <summary>The refusal of a file without the magic.</summary>
    public static CommandFailure NotAnImage(string path, Header header, string advice) =>
        new($"{path} is not a qcow2 image (its magic is {NumberText.Format(header[HeaderFields.Magic], FieldStyle.Hex)}); {advice}");

    public void Dispose() => File.Dispose();

    /// <summary>Runs an operation on a part of the image. Its refusal names the image, and that part if it is about it alone.</summary>
    /// <exception cref="CommandFailure">The operation was refused.</exception>
    public void Do(string part, Action operation)
    {
        try
        {
            operation();
        }
        catch (TreeException e)
        {
            throw e.IsAboutImage ? new CommandFailure($"{_name}: {e.Sentence.TrimEnd('.')}") : Refusal(part, e.Sentence);
        }
        catch (HeaderException e)
        {
            throw Refusal(part, e.Message);
        }
    }

    /// <summary>The refusal of a path that the tree does not have.</summary>
    public CommandFailure NoSuchFile(string path) => Refusal(path, "no such file in the image tree");

    private CommandFailure Refusal(string part, string sentence) =>
        new($"{_name}: {(part.Length > 0 ? part + ": " : "")}{sentence.TrimEnd('.')}");
}
