namespace Fuse3.Native;

/// <summary>Collects libfuse's messages on this thread, for an exception. All others go to standard error, as by default.</summary>
internal sealed unsafe class LogCapture : IDisposable
{
    private const int MaxMessage = 1024;

    [ThreadStatic]
    private static LogCapture? s_current;

    private readonly StringBuilder _text = new();

    static LogCapture()
    {
        try
        {
            LibFuse.fuse_set_log_func(&OnMessage);
        }
        catch (EntryPointNotFoundException)
        {
            // Older than 3.7: libfuse prints by itself.
        }
    }

    public LogCapture() => s_current = this;

    /// <summary>Returns and clears the collected messages, trimmed.</summary>
    public string Take()
    {
        var text = _text.ToString().Trim();
        _text.Clear();
        return text;
    }

    /// <summary>Ends the capture; prints what was not taken.</summary>
    public void Dispose()
    {
        s_current = null;
        if (_text.Length > 0)
        {
            Print(Encoding.UTF8.GetBytes(_text.ToString()));
        }
    }

    // Bypasses the locks and encodings of the console; an error is ignored.
    private static void Print(ReadOnlySpan<byte> text) => _ = LibC.write(2, text, (nuint)text.Length);

    [UnmanagedCallersOnly]
    private static void OnMessage(int level, byte* format, void* arguments)
    {
        var message = stackalloc byte[MaxMessage];
        var length = int.Min(LibFuse.vsnprintf(message, MaxMessage, format, arguments), MaxMessage - 1);
        if (length <= 0)
        {
            return;
        }

        try
        {
            if (s_current is { } capture)
            {
                capture._text.Append(Encoding.UTF8.GetString(message, length));
            }
            else
            {
                Print(new(message, length));
            }
        }
        catch (Exception)
        {
            // A lost message is better than a dead process.
        }
    }
}
