using System.Diagnostics;

namespace Qcow2Fs.TestKit;

/// <summary>A <c>qemu-io</c> that has an image open and keeps it until it is disposed of.</summary>
public sealed class Holder : IDisposable
{
    private readonly Process _process;

    /// <summary>Starts it, and returns once the image is open and locked.</summary>
    /// <param name="path">The image.</param>
    /// <param name="options">Options of qemu-io.</param>
    public Holder(string path, params string[] options)
    {
        _process = Process.Start(new ProcessStartInfo("qemu-io", [.. options, path])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        // It answers once the image is open and locked.
        _process.StandardInput.WriteLine("length");
        _process.StandardInput.Flush();
        if (_process.StandardOutput.ReadLine() is null)
        {
            throw new InvalidOperationException($"qemu-io did not open the image: {_process.StandardError.ReadToEnd()}");
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _process.StandardInput.WriteLine("quit");
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
    }
}
