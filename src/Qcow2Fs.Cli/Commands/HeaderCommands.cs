using System.CommandLine;
using System.Text;
using Qcow2Fs.Codec;

namespace Qcow2Fs.Cli.Commands;

/// <summary>qcow2.py's set-header and set-feature-bit: the tree's own writes under other words.</summary>
internal static class HeaderCommands
{
    public static Command BuildSetHeader(string name)
    {
        var image = Arguments.Image();
        var field = new Argument<string>("FIELD") { Description = "A header field's name, such as size." };
        var value = new Argument<string>("VALUE") { Description = "Decimal, 0x, 0o or 0b; for size also with K, M, G, T, P or E." };
        var force = Arguments.Force();
        var command = new Command(name, "Set a field of the header.") { image, field, value, force };
        command.SetAction(parsed =>
        {
            var name = parsed.GetRequiredValue(field);
            if (HeaderFields.All.Find(name) is null)
            {
                throw new CommandFailure($"'{name}' is not a known header field");
            }

            using var opened = OpenImage.ToChange(parsed.GetRequiredValue(image), parsed.GetValue(force));
            // An empty text changes nothing in the tree; as a number it is a mistake.
            var text = parsed.GetRequiredValue(value) is [_, ..] word ? Arguments.Bytes(word) : throw new CommandFailure($"{name}: '' is not a number");
            OpenImage.Do(name, () => opened.Tree.Replace(Encoding.UTF8.GetBytes($"header/{name}"), text));
            return ExitCode.Done;
        });
        return command;
    }

    public static Command BuildSetFeatureBit(string name)
    {
        var image = Arguments.Image();
        var group = new Argument<string>("GROUP") { Description = string.Join(", ", FeatureGroup.All.Select(g => g.Name)) };
        var bit = new Argument<string>("BIT") { Description = "0 to 63." };
        var force = Arguments.Force();
        var command = new Command(name, "Set a feature bit.") { image, group, bit, force };
        command.SetAction(parsed =>
        {
            var groupName = parsed.GetRequiredValue(group);
            if (!FeatureGroup.All.Any(g => g.Name == groupName))
            {
                throw new CommandFailure($"'{groupName}' is not a valid group, try 'incompatible', 'compatible', or 'autoclear'");
            }

            var number = Number(parsed.GetRequiredValue(bit));
            using var opened = OpenImage.ToChange(parsed.GetRequiredValue(image), parsed.GetValue(force));
            OpenImage.Do($"features/{groupName}/{number}", () => opened.Tree.Replace(Encoding.UTF8.GetBytes($"features/{groupName}/{number}"), []));
            return ExitCode.Done;
        });
        return command;
    }

    private static ulong Number(string text)
    {
        ulong? bit = null;
        OpenImage.Do(text, () => bit = NumberText.Parse(text));
        return bit < FeatureGroup.BitCount
            ? bit.Value
            : throw new CommandFailure($"'{text}' is not a valid bit number in range [0, 64)");
    }
}
