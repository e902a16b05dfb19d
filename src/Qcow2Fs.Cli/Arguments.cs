using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text;

namespace Qcow2Fs.Cli;

/// <summary>The arguments and options that several commands have, and how their words become bytes.</summary>
internal static class Arguments
{
    /// <summary>Stands for standard input.</summary>
    public const string StandardInput = "-";

    // More than the longest document of the largest first cluster; only to bound the memory.
    private const int MaxInput = 128 << 20;

    public static Argument<string> Image() => new("IMAGE") { Description = "A qcow2 image: a file or a block device." };

    public static Argument<string> PathInImage(string name = "PATH", string description = "A path of the tree, such as header/size.") =>
        new(name) { Description = description };

    public static Option<bool> Force() => new("--force") { Description = "Change a file whose magic is not qcow2's." };

    /// <summary>
    /// A word that was meant as an option, and that the library takes for an argument. A value or a text may start with a
    /// hyphen; anything else that does stands behind <c>--</c>.
    /// </summary>
    public static string? FindUnknownOption(ParseResult parsed, IEnumerable<string> words)
    {
        var plain = words.TakeWhile(w => w != "--").ToHashSet();
        return parsed.CommandResult.Children.OfType<ArgumentResult>()
            .Where(a => a.Argument.Name is not ("VALUE" or "TEXT"))
            .SelectMany(a => a.Tokens)
            .FirstOrDefault(t => t.Value is ['-', _, ..] && plain.Contains(t.Value))?.Value;
    }

    /// <summary>The word of a path. A script's unset variable would make it empty.</summary>
    /// <exception cref="CommandFailure">It is empty.</exception>
    public static string RequireNotEmpty(string word, string name) =>
        word.Length > 0 ? word : throw new CommandFailure($"{name} is empty", ExitCode.WrongUse);

    /// <summary>A word as the bytes that the user typed.</summary>
    /// <exception cref="CommandFailure">It was not UTF-8, and .NET has not kept the bytes.</exception>
    public static byte[] Bytes(string word) => !word.Contains('\ufffd')
        ? Encoding.UTF8.GetBytes(word)
        : throw new CommandFailure("a word is not UTF-8; give it on standard input, with - as the value");

    /// <summary>A word's bytes, or those of standard input.</summary>
    public static byte[] BytesOrInput(string word) => word == StandardInput ? Input() : Bytes(word);

    /// <summary>All of standard input.</summary>
    public static byte[] Input()
    {
        using var input = StandardStreams.OpenInput();
        using var bytes = new MemoryStream();
        var buffer = new byte[1 << 16];
        while (input.Read(buffer) is > 0 and var read)
        {
            bytes.Write(buffer, 0, read);
            if (bytes.Length > MaxInput)
            {
                throw new CommandFailure($"standard input has more than {MaxInput} bytes, no header is that large");
            }
        }

        return bytes.ToArray();
    }
}
