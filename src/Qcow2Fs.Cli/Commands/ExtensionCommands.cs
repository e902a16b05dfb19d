using System.CommandLine;
using Qcow2Fs.Codec;
using Qcow2Fs.Codec.Edits;

namespace Qcow2Fs.Cli.Commands;

/// <summary>qcow2.py's words for extensions. Adding always adds, also beside one of the same magic; deleting deletes them all.</summary>
internal static class ExtensionCommands
{
    public static Command BuildAdd(string name)
    {
        var text = new Argument<string>("TEXT") { Description = "The payload." };
        return Build(name, "Add a header extension.", text, parsed => Arguments.Bytes(parsed.GetRequiredValue(text)));
    }

    public static Command BuildAddStdio(string name) => Build(name, "Add a header extension, data from standard input.", null, _ => Arguments.Input());

    public static Command BuildDelete(string name)
    {
        var image = Arguments.Image();
        var magic = Magic();
        var force = Arguments.Force();
        var command = new Command(name, "Delete every header extension of that magic.") { image, magic, force };
        command.SetAction(parsed =>
        {
            var word = parsed.GetRequiredValue(magic);
            var number = Parse(word);
            using var opened = OpenImage.ToChange(parsed.GetRequiredValue(image), parsed.GetValue(force));
            OpenImage.Do(word, () => opened.Tree.Edit(Arguments.Bytes(word), header => header.LastIndexOf(number) >= 0
                ? header.WithoutExtensions(number)
                : throw new HeaderException(HeaderError.Invalid, "No such header extension")));
            return ExitCode.Done;
        });
        return command;
    }

    private static Command Build(string name, string description, Argument<string>? text, Func<ParseResult, byte[]> data)
    {
        var image = Arguments.Image();
        var magic = Magic();
        var force = Arguments.Force();
        var command = new Command(name, description) { image, magic };
        if (text is not null)
        {
            command.Add(text);
        }

        command.Add(force);
        command.SetAction(parsed =>
        {
            var word = parsed.GetRequiredValue(magic);
            var number = Parse(word);
            var payload = data(parsed);
            using var opened = OpenImage.ToChange(parsed.GetRequiredValue(image), parsed.GetValue(force));
            OpenImage.Do(word, () => opened.Tree.Edit(Arguments.Bytes(word), header => header.WithExtensionAdded(number, payload)));
            return ExitCode.Done;
        });
        return command;
    }

    private static Argument<string> Magic() => new("MAGIC") { Description = "A number of 32 bits, such as 0x12345678." };

    private static uint Parse(string word)
    {
        ulong? magic = null;
        OpenImage.Do(word, () => magic = NumberText.Parse(word));
        return magic switch
        {
            ExtensionMagic.End => throw new CommandFailure($"{word}: magic 0 ends the list, it cannot be an extension"),
            ExtensionMagic.Skip => throw new CommandFailure($"{word}: this magic is Qcow2Fs's own"),
            <= uint.MaxValue => (uint)magic,
            _ => throw new CommandFailure($"{word}: a magic has 32 bits"),
        };
    }
}
