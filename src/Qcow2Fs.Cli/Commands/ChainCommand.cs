using Qcow2Fs.Cli.Pool;

namespace Qcow2Fs.Cli.Commands;

/// <summary>Prints which image is the base of which.</summary>
internal static class ChainCommand
{
    public static void Define(Command command)
    {
        var asJson = command.AddFlag("--json", "Print a JSON object per image.");
        var users = command.AddOption<string>("--users", "BASE", "Print only the images that need this base.");
        var sources = command.AddArguments("SOURCE", "Images, or folders of images.");
        command.SetAction(parsed =>
        {
            var name = parsed.GetValue(users) is { } text ? Arguments.RequireNotEmpty(text, "--users") : null;
            return Run(parsed.GetRequiredValue(sources), name, parsed.GetValue(asJson));
        });
    }

    private static int Run(string[] names, string? users, bool asJson)
    {
        using var sources = new PoolSources(names);
        var progress = new ProgressLine();
        var forest = BackingForest.Read(sources, count => progress.Show(() => $"{count} images"));
        progress.Clear();
        using var output = new StreamWriter(StandardStreams.OpenOutput());
        var shown = new List<ChainNode>();
        var print = new ChainText(output, isQuiet: asJson);
        if (users is null)
        {
            print.WriteAll(forest.Nodes);
            shown.AddRange(forest.Nodes);
        }
        else if (forest.Find(users) is { } root)
        {
            shown.AddRange(print.WriteUsers(root));
        }
        else if (!LibC.Exists(users))
        {
            // Perhaps a slip of the finger, and the base that was meant is in use.
            CommandLine.WriteError($"{users}: does not exist, and no image that was read names it as its base");
        }

        foreach (var node in shown.Where(node => asJson && (node.Format ?? node.Failure) is not null))
        {
            output.Write(ChainJson.Line(node));
        }

        output.Flush();
        // An image that cannot be read may be a user of the base.
        var failed = forest.Nodes.Where(node => node.Failure is not null).ToList();
        failed.ForEach(node => CommandLine.WriteError($"{node.Text}: {node.Failure}"));
        foreach (var name in forest.Skipped)
        {
            CommandLine.WriteError($"{name}: {PoolSources.NotAnImage}");
        }

        if (sources.IsPool)
        {
            StandardStreams.WriteError(Summary(shown, failed.Count));
        }

        return failed.Count > 0 ? ExitCode.Refused : shown.Exists(IsBroken) ? ExitCode.Found : ExitCode.Done;
    }

    private static bool IsBroken(ChainNode node) => node.State is BaseState.Missing or BaseState.Ring or BaseState.FormatDiffers;

    private static string Summary(List<ChainNode> nodes, int failures)
    {
        var images = nodes.Count(node => node.Format is not null);
        (int Count, string What)[] parts =
        [
            (Count(BaseState.Missing), "without their base"),
            (Count(BaseState.Ring), "in rings"),
            (Count(BaseState.FormatDiffers), "whose base has another format"),
            (Count(BaseState.Outside), "with a base outside"),
            (failures, "could not be read"),
        ];
        var found = string.Join(", ", parts.Where(part => part.Count > 0).Select(part => $"{part.Count} {part.What}"));
        return $"{images} {(images == 1 ? "image" : "images")}{(found.Length > 0 ? ": " + found : "")}";

        int Count(BaseState state) => nodes.Count(node => node.State == state);
    }
}
