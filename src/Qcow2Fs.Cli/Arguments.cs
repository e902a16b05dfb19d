using System.CommandLine.Parsing;

namespace Qcow2Fs.Cli;

/// <summary>The arguments and options that several commands share, and how arguments become bytes.</summary>
internal static class Arguments
{
    /// <summary>Every command that changes an image has this option.</summary>
    public const string ForceName = "--force";

    // Bounds the memory: longer than any document of the largest first cluster.
    private const int MaxInput = 128 << 20;

    public static Argument<string> AddImage(this Command command, string description = "A qcow2 image: a file or a block device.") =>
        command.AddArgument("IMAGE", description);

    public static Argument<string> AddPath(this Command command) => command.AddArgument("PATH", "A path of the tree, such as header/size.");

    public static Argument<string> AddArgument(this Command command, string name, string description)
    {
        var argument = new Argument<string>(name) { Description = description };
        command.Add(argument);
        return argument;
    }

    /// <summary>Adds a last argument that may be repeated.</summary>
    public static Argument<string[]> AddArguments(this Command command, string name, string description)
    {
        var arguments = new Argument<string[]>(name) { Description = description, Arity = ArgumentArity.OneOrMore };
        command.Add(arguments);
        return arguments;
    }

    /// <summary>A number as the user typed it.</summary>
    /// <exception cref="CommandFailure">It is none.</exception>
    public static ulong ParseNumber(string text)
    {
        try
        {
            return NumberText.Parse(text);
        }
        catch (HeaderException e)
        {
            throw new CommandFailure($"{text}: {e.Message}");
        }
    }

    /// <summary>A size as the user typed it: bytes, or with K, M, G, T, P or E.</summary>
    /// <exception cref="CommandFailure">It is none.</exception>
    public static ulong ParseSize(string option, string text)
    {
        try
        {
            return NumberText.Parse(text, allowSuffix: true);
        }
        catch (HeaderException e)
        {
            throw new CommandFailure($"{option}: {e.Message}", ExitCode.WrongUse);
        }
    }

    /// <summary>Adds --force and IMAGE, which every command that changes an image has; the result opens that image.</summary>
    public static Func<ParseResult, OpenImage> AddImageToChange(this Command command)
    {
        var force = command.AddFlag(ForceName, "Change a file whose magic is not qcow2's.");
        var image = command.AddImage();
        return parsed => OpenImage.ToChange(parsed.GetRequiredValue(image), parsed.GetValue(force));
    }

    public static Option<bool> AddFlag(this Command command, string name, string description) =>
        command.AddOption<bool>(name, null, description);

    /// <summary>Adds an option with a value; <typeparamref name="T"/> is an array if it may be repeated.</summary>
    public static Option<T> AddOption<T>(this Command command, string name, string? valueName, string description)
    {
        var option = new Option<T>(name) { Description = description, HelpName = valueName };
        command.Add(option);
        return option;
    }

    /// <summary>Finds an unknown option, which the library takes for an argument. VALUE, TEXT and all after -- may look so.</summary>
    public static string? FindUnknownOption(ParseResult parsed, IEnumerable<string> arguments)
    {
        var beforeDashes = arguments.TakeWhile(a => a != "--").ToHashSet();
        return parsed.CommandResult.Children.OfType<ArgumentResult>()
            .Where(a => a.Argument.Name is not ("VALUE" or "TEXT"))
            .SelectMany(a => a.Tokens)
            .FirstOrDefault(t => t.Value is ['-', _, ..] && beforeDashes.Contains(t.Value))?.Value;
    }

    /// <summary>Refuses an empty path, which a script's unset variable leaves.</summary>
    /// <exception cref="CommandFailure">It is empty.</exception>
    public static string RequireNotEmpty(string argument, string name) =>
        argument.Length > 0 ? argument : throw new CommandFailure($"{name} is empty", ExitCode.WrongUse);

    /// <summary>
    /// The arguments with every byte that the user typed, as <see cref="PathText"/> writes them: .NET makes U+FFFD of what is not UTF-8,
    /// and that is the name of another file.
    /// </summary>
    /// <exception cref="CommandFailure">They cannot be had: there is no /proc.</exception>
    public static string[] Exact(string[] arguments)
    {
        if (!Array.Exists(arguments, argument => argument.Contains('\ufffd')))
        {
            return arguments;
        }

        try
        {
            var all = PathText.Decode(File.ReadAllBytes("/proc/self/cmdline")).Split('\0')[..^1];
            return all[^arguments.Length..];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CommandFailure("an argument is not UTF-8, and without /proc its bytes are unknown", ExitCode.WrongUse);
        }
    }

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
