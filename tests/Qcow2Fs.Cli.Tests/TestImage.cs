using Mono.Unix.Native;
using Qcow2Fs.TestKit;

namespace Qcow2Fs.Cli.Tests;

/// <summary>One image in a directory of its own.</summary>
internal sealed class TestImage : IDisposable
{
    private readonly TempDirectory _directory = new();

    private TestImage(Func<TempDirectory, string> make)
    {
        Path = make(_directory);
        // Whatever the umask is here.
        _ = Syscall.chmod(Path, NativeConvert.FromOctalPermissionString("0644"));
    }

    public string Path { get; }

    /// <summary>What the first cluster means, by the reader that is not ours.</summary>
    public ReferenceHeader Header => ReferenceReader.Read(Bytes);

    public byte[] Bytes => File.ReadAllBytes(Path);

    /// <summary>An image of <see cref="QemuImages"/>.</summary>
    public static TestImage Of(string name) => new(QemuImages.Named(name).Make);

    /// <summary>An image of these bytes.</summary>
    public static TestImage Of(byte[] bytes) => new(directory =>
    {
        File.WriteAllBytes(directory["image"], bytes);
        return directory["image"];
    });

    /// <summary>The path of another file beside the image.</summary>
    public string Beside(string name) => _directory[name];

    public void Dispose() => _directory.Dispose();
}
