using Qcow2Fs.Codec.Edits;

namespace Qcow2Fs.Cli.Commands;

/// <summary>qcow2.py's commands for extensions. Adding always adds, also beside one of the same magic; deleting deletes them all.</summary>
internal static class ExtensionCommands
{
    public static void DefineAdd(Command command) => DefineAdd(command, takesText: true);

    public static void DefineAddStdio(Command command) => DefineAdd(command, takesText: false);

    public static void DefineDelete(Command command)
    {
        var force = command.AddForce();
        var image = command.AddImage();
        var magic = AddMagic(command);
        command.SetAction(parsed =>
        {
            var name = parsed.GetRequiredValue(magic);
            var number = Parse(name);
            using var opened = OpenImage.ToChange(parsed.GetRequiredValue(image), parsed.GetValue(force));
            OpenImage.Do(name, () => opened.Tree.Edit(Arguments.Bytes(name), header => header.LastIndexOf(number) >= 0
                ? header.WithoutExtensions(number)
                : throw new HeaderException(HeaderError.Invalid, "No such header extension")));
            return ExitCode.Done;
        });
    }

    private static void DefineAdd(Command command, bool takesText)
    {
        var force = command.AddForce();
        var image = command.AddImage();
        var magic = AddMagic(command);
        var text = takesText ? command.AddArgument("TEXT", "The payload.") : null;
        command.SetAction(parsed =>
        {
            var name = parsed.GetRequiredValue(magic);
            var number = Parse(name);
            var payload = text is null ? Arguments.Input() : Arguments.Bytes(parsed.GetRequiredValue(text));
            using var opened = OpenImage.ToChange(parsed.GetRequiredValue(image), parsed.GetValue(force));
            OpenImage.Do(name, () => opened.Tree.Edit(Arguments.Bytes(name), header => header.WithExtensionAdded(number, payload)));
            return ExitCode.Done;
        });
    }

    private static Argument<string> AddMagic(Command command) => command.AddArgument("MAGIC", "A number of 32 bits, such as 0x12345678.");

    private static uint Parse(string text)
    {
        ulong? magic = null;
        OpenImage.Do(text, () => magic = NumberText.Parse(text));
        return magic switch
        {
            ExtensionMagic.End => throw new CommandFailure($"{text}: magic 0 ends the list, it cannot be an extension"),
            ExtensionMagic.Skip => throw new CommandFailure($"{text}: this magic is Qcow2Fs's own"),
            <= uint.MaxValue => (uint)magic,
            _ => throw new CommandFailure($"{text}: a magic has 32 bits"),
        };
    }
}
