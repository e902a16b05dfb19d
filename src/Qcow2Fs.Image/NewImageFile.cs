namespace Qcow2Fs.Image;

/// <summary>Puts new images into files.</summary>
public static class NewImageFile
{
    /// <summary>Creates the file and writes the image.</summary>
    /// <param name="path">A path that does not exist yet.</param>
    /// <param name="image">The image.</param>
    /// <exception cref="IOException">The file exists already, or cannot be written; then none is left behind.</exception>
    /// <exception cref="UnauthorizedAccessException">No permission.</exception>
    public static void Create(string path, NewImage image)
    {
        using var file = new FileStream(path, FileMode.CreateNew);
        try
        {
            image.WriteTo(file);
            file.Flush(flushToDisk: true);
        }
        catch (IOException)
        {
            File.Delete(path);
            throw;
        }
    }
}
