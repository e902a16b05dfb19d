using System.Text.Json;
using Qcow2Fs.Cli.Pool;

namespace Qcow2Fs.Cli.Commands;

/// <summary>Chains as indented lines: a base, and below it the images that need it.</summary>
internal sealed class ChainText(TextWriter output, bool isQuiet)
{
    // A chain of thousands would be a page of blanks for each line.
    private const int MaxIndentation = 32;

    private readonly HashSet<ChainNode> _written = [];

    /// <summary>Everything, each file once.</summary>
    public void WriteAll(IReadOnlyList<ChainNode> nodes)
    {
        if (!isQuiet)
        {
            // A base that is only a name comes where its first user would.
            foreach (var node in nodes)
            {
                Write(Root(node), 0);
            }
        }
    }

    /// <summary>The images that need a base, without the base itself.</summary>
    /// <returns>These images.</returns>
    public IReadOnlyCollection<ChainNode> WriteUsers(ChainNode root)
    {
        _written.Add(root);
        root.Users.ForEach(user => Write(user, 0));
        _written.Remove(root);
        return _written;
    }

    // The lowest file of a chain; of a ring, the member that the chain leads to first.
    private static ChainNode Root(ChainNode node)
    {
        while (node is { Base: not null, IsInRing: false })
        {
            node = node.Base;
        }

        return node;
    }

    private void Write(ChainNode root, int level)
    {
        var next = new Stack<(ChainNode Node, int Level)>([(root, level)]);
        while (next.TryPop(out var item))
        {
            if (!_written.Add(item.Node))
            {
                continue;
            }

            if (!isQuiet)
            {
                output.Write($"{new string(' ', 2 * Math.Min(item.Level, MaxIndentation))}{Line(item.Node)}\n");
            }

            for (var i = item.Node.Users.Count - 1; i >= 0; i--)
            {
                next.Push((item.Node.Users[i], item.Level + 1));
            }
        }
    }

    private static string Line(ChainNode node)
    {
        var notes = new List<string>();
        if (node.Failure is not null)
        {
            notes.Add("cannot be read");
        }
        else if (node.Format is { } format)
        {
            notes.AddRange([format, SizeOf(node.Size)]);
        }
        else
        {
            notes.Add(node.Absence == BaseState.Missing ? "missing" : "outside");
        }

        if (node.Users.Count > 1)
        {
            notes.Add($"{node.Users.Count} users");
        }

        if (node.State == BaseState.Ring)
        {
            notes.Add(node.IsInRing ? "part of a ring" : "leads into a ring");
        }
        else if (node.State == BaseState.FormatDiffers)
        {
            notes.Add($"takes its base for {node.BackingFormat}");
        }
        else if (node.Base is not null && node.BackingFormat is null)
        {
            notes.Add("names no backing format");
        }

        if (node.IsOlderThanBase)
        {
            notes.Add("older than its base");
        }

        return PrintableText.Of($"{node.Text}: {string.Join(", ", notes)}");
    }

    private static string SizeOf(ulong bytes)
    {
        string[] units = ["bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
        var unit = 0;
        while (bytes > 0 && bytes % 1024 == 0 && unit < units.Length - 1)
        {
            bytes /= 1024;
            unit++;
        }

        return $"{bytes} {units[unit]}";
    }
}

/// <summary>A file of a chain as JSON.</summary>
internal static class ChainJson
{
    /// <summary>One object and one line.</summary>
    public static string Line(ChainNode node) => JsonLine.Of(json =>
    {
        JsonLine.WriteBytes(json, "image", PathText.Encode(node.Text));
        if (node.Failure is { } failure)
        {
            json.WriteString("failure", failure);
            return;
        }

        json.WriteString("format", node.Format);
        json.WriteNumber("virtual_size", node.Size);
        Write(json, "backing_file", node.BackingFile);
        json.WriteString("backing_format", node.BackingFormat);
        Write(json, "base", node is { Base: { } found, HasLocalBase: true } ? PathText.Encode(found.Text) : null);
        json.WriteString("state", Name(node.State));
        if (node.Depth is { } depth)
        {
            json.WriteNumber("depth", depth);
        }
        else
        {
            json.WriteNull("depth");
        }

        json.WriteBoolean("base_is_newer", node.IsOlderThanBase);
        json.WriteStartArray("users");
        node.Users.ForEach(user => json.WriteStringValue(Encoding.UTF8.GetString(PathText.Encode(user.Text))));
        json.WriteEndArray();
    });

    private static void Write(Utf8JsonWriter json, string property, byte[]? bytes)
    {
        if (bytes is null)
        {
            json.WriteNull(property);
        }
        else
        {
            JsonLine.WriteBytes(json, property, bytes);
        }
    }

    private static string Name(BaseState state) => state switch
    {
        BaseState.None => "none",
        BaseState.Ok => "ok",
        BaseState.Missing => "missing",
        BaseState.Outside => "outside",
        BaseState.Ring => "ring",
        _ => "format-differs",
    };
}
