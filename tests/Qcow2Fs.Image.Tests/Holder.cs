using System.Diagnostics;

namespace Qcow2Fs.Image.Tests;

/// <summary>A <c>qemu-io</c> that has an image open and keeps it until it is disposed of.</summary>
internal sealed class Holder : IDisposable
{
    private readonly Process _process;

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

    public void Dispose()
    {
        _process.StandardInput.WriteLine("quit");
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
    }
}
