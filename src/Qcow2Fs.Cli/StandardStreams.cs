namespace Qcow2Fs.Cli;

/// <summary>
/// Standard input, output and error, any of which the caller may have closed. The runtime then gives its number to a
/// file of its own, which must be neither read nor written.
/// </summary>
internal static class StandardStreams
{
    /// <exception cref="CommandFailure">It is closed.</exception>
    public static Stream OpenInput() => Open(0, "standard input is closed");

    /// <param name="isWhole">Whether the output is of no use cut short: then a reader that leaves early is an error.</param>
    /// <exception cref="CommandFailure">It is closed.</exception>
    public static Stream OpenOutput(bool isWhole = false) => Open(1, "standard output is closed", isWhole);

    /// <summary>
    /// Writes a line to standard error, without characters that a terminal obeys. Nothing happens where it cannot be written: the
    /// exit status still reports the failure.
    /// </summary>
    public static void WriteError(string line) => WriteErrorRaw(PrintableText.Of(line) + "\n");

    /// <summary>Writes text to standard error as it is; it may hold what a terminal obeys.</summary>
    public static void WriteErrorRaw(string text)
    {
        if (!IsOpen(2))
        {
            return;
        }

        try
        {
            using var error = new DescriptorStream(2);
            error.Write(Encoding.UTF8.GetBytes(text));
        }
        catch (IOException)
        {
        }
    }

    private static DescriptorStream Open(int descriptor, string closed, bool isWhole = false) =>
        IsOpen(descriptor) ? new(descriptor, isWhole) : throw new CommandFailure(closed);

    /// <summary>Whether the caller left it open: that has survived exec(2), and what the runtime opens would not.</summary>
    public static bool IsOpen(int descriptor) => (LibC.fcntl(descriptor, LibC.GetDescriptorFlags, 0) & LibC.DescriptorCloseOnExec) == 0;

    /// <summary>
    /// A stream that leaves its descriptor as it is. Console's streams copy it, start a thread and set up a terminal, which ends the
    /// program where few descriptors are allowed. A FileStream writes at offsets of its own, over what others append to the same file.
    /// </summary>
    private sealed class DescriptorStream(int descriptor, bool isWhole = false) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override int Read(Span<byte> buffer)
        {
            nint read;
            while ((read = LibC.read(descriptor, buffer, (nuint)buffer.Length)) < 0)
            {
                WaitOrThrow("standard input cannot be read");
            }

            return (int)read;
        }

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            while (!buffer.IsEmpty)
            {
                var written = LibC.write(descriptor, buffer, (nuint)buffer.Length);
                if (written >= 0)
                {
                    buffer = buffer[(int)written..];
                }
                else if (LibC.LastError == Errno.EPIPE && !isWhole)
                {
                    // The reader has what it wanted, as head(1) does.
                    return;
                }
                else
                {
                    WaitOrThrow("the output cannot be written");
                }
            }
        }

        public override void Flush() { }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        // A terminal or a pipe that another program has made non-blocking is asked again a little later.
        private static void WaitOrThrow(string failure)
        {
            var error = LibC.LastError;
            if (error == Errno.EAGAIN)
            {
                Thread.Sleep(1);
            }
            else if (error != Errno.EINTR)
            {
                throw new IOException($"{failure}: {Marshal.GetPInvokeErrorMessage(error)}");
            }
        }
    }
}
