namespace Qcow2Fs.Cli.Dump;

/// <summary>A way to print a header.</summary>
internal interface IDump
{
    /// <summary>Whether the file ended before something that it names did. What there is has been printed.</summary>
    bool IsCutOff { get; }

    /// <summary>Prints the fixed fields.</summary>
    void Fields();

    /// <summary>Prints the extensions.</summary>
    void Extensions();
}
