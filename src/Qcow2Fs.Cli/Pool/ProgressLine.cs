using System.Diagnostics;

namespace Qcow2Fs.Cli.Pool;

/// <summary>A line on standard error that shows how far a command is. Only on a terminal, and gone when the command ends.</summary>
internal sealed class ProgressLine
{
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(100);

    private readonly bool _isShown = !Console.IsErrorRedirected;
    private long _last;
    private bool _isThere;

    /// <summary>Shows the text, if the last one has been there for a while.</summary>
    public void Show(Func<string> text)
    {
        if (_isShown && Stopwatch.GetElapsedTime(_last) >= s_pause)
        {
            _last = Stopwatch.GetTimestamp();
            _isThere = true;
            StandardStreams.WriteErrorRaw($"\r{PrintableText.Of(text())}\u001b[K");
        }
    }

    /// <summary>Clears the line, before something else is printed.</summary>
    public void Clear()
    {
        if (_isThere)
        {
            _isThere = false;
            StandardStreams.WriteErrorRaw("\r\u001b[K");
        }
    }
}
