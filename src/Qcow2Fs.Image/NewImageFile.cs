namespace Qcow2Fs.Image;

/// <summary>Puts new images into files.</summary>
public static class NewImageFile
{
    /// <summary>Creates the file, which must not exist yet, and writes the image.</summary>
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
