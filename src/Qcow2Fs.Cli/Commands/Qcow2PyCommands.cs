using Qcow2Fs.Codec.Edits;

namespace Qcow2Fs.Cli.Commands;

/// <summary>qcow2.py's set-header and set-feature-bit: the tree's own writes under other names.</summary>
internal static class HeaderCommands
{
    public static void DefineSetHeader(Command command)
    {
        var image = command.AddImageToChange();
        var field = command.AddArgument("FIELD", "A header field's name, such as size.");
        var value = command.AddArgument("VALUE", "Decimal, 0x, 0o or 0b; for size also with K, M, G, T, P or E.");
        command.SetAction(parsed =>
        {
            var name = parsed.GetRequiredValue(field);
            if (HeaderFields.All.Find(name) is null)
            {
                throw new CommandFailure($"'{name}' is not a known header field");
            }

            using var opened = image(parsed);
            // In the tree an empty text changes nothing; here it is a mistake.
            var text = parsed.GetRequiredValue(value) is [_, ..] number
                ? PathText.Encode(number)
                : throw new CommandFailure($"{name}: '' is not a number");
            opened.Do(name, () => opened.Tree.Replace(opened.View, Encoding.UTF8.GetBytes($"header/{name}"), text));
            return ExitCode.Done;
        });
    }

    public static void DefineSetFeatureBit(Command command)
    {
        var image = command.AddImageToChange();
        var group = command.AddArgument("GROUP", string.Join(", ", FeatureGroup.All.Select(g => g.Name)));
        var bit = command.AddArgument("BIT", "0 to 63.");
        command.SetAction(parsed =>
        {
            var groupName = parsed.GetRequiredValue(group);
            if (!FeatureGroup.All.Any(g => g.Name == groupName))
            {
                throw new CommandFailure($"'{groupName}' is not a valid group, try 'incompatible', 'compatible', or 'autoclear'");
            }

            var number = Number(parsed.GetRequiredValue(bit));
            using var opened = image(parsed);
            var path = $"features/{groupName}/{number}";
            opened.Do(path, () => opened.Tree.Replace(opened.View, Encoding.UTF8.GetBytes(path), []));
            return ExitCode.Done;
        });
    }

    private static ulong Number(string text)
    {
        var bit = Arguments.ParseNumber(text);
        return bit < FeatureGroup.BitCount ? bit : throw new CommandFailure($"'{text}' is not a valid bit number in range [0, 64)");
    }
}

/// <summary>qcow2.py's commands for extensions. Adding always adds, also beside one of the same magic; deleting deletes them all.</summary>
internal static class ExtensionCommands
{
    public static void DefineAdd(Command command) => DefineAdd(command, takesText: true);

    public static void DefineAddStdio(Command command) => DefineAdd(command, takesText: false);

    public static void DefineDelete(Command command)
    {
        var image = command.AddImageToChange();
        var magic = AddMagic(command);
        command.SetAction(parsed =>
        {
            var name = parsed.GetRequiredValue(magic);
            var number = Parse(name);
            using var opened = image(parsed);
            opened.Do(name, () => opened.Tree.Edit(PathText.Encode(name), header => header.LastIndexOf(number) >= 0
                ? header.WithoutExtensions(number)
                : throw new HeaderException(HeaderError.Invalid, "No such header extension")));
            return ExitCode.Done;
        });
    }

    private static void DefineAdd(Command command, bool takesText)
    {
        var image = command.AddImageToChange();
        var magic = AddMagic(command);
        var text = takesText ? command.AddArgument("TEXT", "The payload.") : null;
        command.SetAction(parsed =>
        {
            var name = parsed.GetRequiredValue(magic);
            var number = Parse(name);
            var payload = text is null ? Arguments.Input() : PathText.Encode(parsed.GetRequiredValue(text));
            using var opened = image(parsed);
            opened.Do(name, () => opened.Tree.Edit(PathText.Encode(name), header => header.WithExtensionAdded(number, payload)));
            return ExitCode.Done;
        });
    }

    private static Argument<string> AddMagic(Command command) => command.AddArgument("MAGIC", "A number of 32 bits, such as 0x12345678.");

    private static uint Parse(string text)
    {
        var magic = Arguments.ParseNumber(text);
        return magic switch
        {
            ExtensionMagic.End => throw new CommandFailure($"{text}: magic 0 ends the list, it cannot be an extension"),
            ExtensionMagic.Skip => throw new CommandFailure($"{text}: this magic is Qcow2Fs's own"),
            <= uint.MaxValue => (uint)magic,
            _ => throw new CommandFailure($"{text}: a magic has 32 bits"),
        };
    }
}
