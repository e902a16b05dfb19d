using System.Text;
using System.Text.RegularExpressions;
using Qcow2Fs.TestKit;

namespace Qcow2Fs.Tree.Tests.Conformance;

/// <summary>
/// Every operation of <see cref="ITree"/> on every kind of path, on a new tree of a new image each time: what it answers, what is
/// in last_error, which names come and go, what the path holds and what has become of the bytes of the image. The expectations
/// are the files *.txt beside this one, in sections "## operation" of paths and the outcome that they share; a path that a
/// section does not list is absent (ENOENT). After a change that is meant, copy the file that the failure names over the one
/// here, and review the difference.
/// </summary>
public sealed class ConformanceTests
{
    private const int Workers = 2;
    private const int MaxLine = 130;
    private const string Absent = "absent";

    public static TheoryData<string> Small => [.. Subject.All.Where(s => !s.HasEverything).Select(s => s.Name)];

    public static TheoryData<string> Large => [.. Subject.All.Where(s => s.HasEverything).Select(s => s.Name)];

    [Theory]
    [MemberData(nameof(Small))]
    public void An_operation_does_what_the_table_says(string name) => AssertTable(name);

    [Trait("Category", "Slow")]
    [Theory]
    [MemberData(nameof(Large))]
    public void Each_operation_does_what_the_table_says(string name) => AssertTable(name);

    private static void AssertTable(string name)
    {
        var subject = Subject.All.First(s => s.Name == name);
        var operations = subject.Operations.ToList();
        var sections = new string[operations.Count];
        Parallel.For(0, Workers, worker =>
        {
            using var directory = new TempDirectory();
            subject.Restore(directory.Path);
            using var held = subject.Hold(directory.Path);
            var paths = subject.Paths.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries).Select(Uri.UnescapeDataString).ToList();
            // Each row starts from the same state, so that is looked at once for each path.
            var states = new Dictionary<string, State>();
            for (var i = worker; i < sections.Length; i += Workers)
            {
                var operation = operations[i];
                sections[i] = Section(operation, paths, path => Outcome(subject, directory.Path, states, operation, path));
            }
        });

        var expected = Path.Combine(AppContext.BaseDirectory, "Conformance", $"{name}.txt");
        var found = Path.ChangeExtension(expected, ".found");
        File.WriteAllText(found, string.Join('\n', sections));
        var rows = File.ReadAllText(expected).Split("\n## ").ToHashSet();
        var other = string.Join('\n', sections).Split("\n## ").Where(section => !rows.Remove(section)).ToList();
        Assert.True(other.Count + rows.Count == 0, $"{found} differs from Conformance/{name}.txt:\n{Difference(rows, other)}");
    }

    // The paths of each outcome, in the order of the first ones.
    private static string Section(Operation operation, IReadOnlyList<string> paths, Func<string, string> outcome)
    {
        var text = new StringBuilder($"## {operation.Name}\n");
        foreach (var group in paths.GroupBy(outcome).Where(g => g.Key != Absent))
        {
            text.Append('\n');
            var line = 0;
            foreach (var path in group.Select(p => p.Contains(' ', StringComparison.Ordinal) ? $"'{p}'" : p))
            {
                text.Append(line == 0 ? "" : line + path.Length > MaxLine ? "\n" : " ").Append(path);
                line = line == 0 || line + path.Length > MaxLine ? path.Length : line + 1 + path.Length;
            }

            text.Append("\n    ").Append(group.Key).Append('\n');
        }

        return text.ToString();
    }

    private static string Outcome(Subject subject, string directory, Dictionary<string, State> states, Operation operation, string path)
    {
        if (!states.TryGetValue(path, out var before))
        {
            states[path] = before = OnNewTree(subject, directory, path, bench => State.Of(subject, directory, bench));
        }

        return OnNewTree(subject, directory, path, bench =>
        {
            var result = Result(operation, bench, out var refusal);
            var after = State.Of(subject, directory, bench);
            if (refusal is not null && after.LastError != refusal)
            {
                result += "; NOT IN last_error";
            }

            if (refusal is null && after.LastError != before.LastError)
            {
                result += $"; last_error: {after.LastError}";
            }

            var change = after.ChangeFrom(before, bench);
            Assert.True(refusal is null || change.Length == 0 || IsPartial(operation),
                $"{operation.Name}, {path}: refused, and yet: {change}");
            return Generalized(result + change, path.Trim('/'));
        });
    }

    private static T OnNewTree<T>(Subject subject, string directory, string path, Func<Bench, T> use)
    {
        subject.Restore(directory);
        var (tree, source) = subject.Open(directory);
        using (source)
        {
            subject.Prepare(tree);
            subject.Disturb(directory);
            var (image, other) = subject.ImagesOf(path);
            return use(new(tree, path == "/" ? "" : path, image, other));
        }
    }

    // Operations of several steps, of which a later one may be refused.
    private static bool IsPartial(Operation operation) =>
        operation.Name.Contains(", ", StringComparison.Ordinal) || operation.Name.Contains(" and ", StringComparison.Ordinal)
        || operation.Name.Contains(" another ", StringComparison.Ordinal) || operation.Name.Contains("sedABCDEF", StringComparison.Ordinal)
        || operation.Name.StartsWith("create", StringComparison.Ordinal);

    private static string Result(Operation operation, Bench bench, out string? refusal)
    {
        refusal = null;
        try
        {
            var text = operation.Run(bench);
            return text.Length == 0 ? "ok" : $"ok; {text}";
        }
        catch (AbsentException)
        {
            return Absent;
        }
        catch (TreeException e)
        {
            refusal = e.Message;
            return $"{e.Errno}: {e.Message}";
        }
        catch (Exception e) when (e is not Xunit.Sdk.XunitException)
        {
            return $"THROWS {e.GetType().Name}: {e.Message}";
        }
    }

    // So that paths that differ in nothing but their name share an outcome.
    private static string Generalized(string outcome, string path)
    {
        foreach (var (text, stand) in new[] { (path, "PATH"), (path[(path.LastIndexOf('/') + 1)..], "NAME") })
        {
            // Not in the middle of a word, and no single digits.
            outcome = text.Length < 2 ? outcome : Regex.Replace(outcome, @"(?<![\w.])" + Regex.Escape(text) + @"(?![\w])", stand);
        }

        return outcome;
    }

    private static string Difference(IEnumerable<string> expected, IReadOnlyList<string> found)
    {
        var text = new StringBuilder();
        var left = expected.ToDictionary(TitleOf);
        foreach (var section in found)
        {
            var title = TitleOf(section);
            text.AppendLine($"## {title}");
            var (old, now) = (Blocks(left.GetValueOrDefault(title, "")), Blocks(section));
            old.Except(now).ToList().ForEach(block => text.AppendLine($"- {block}"));
            now.Except(old).ToList().ForEach(block => text.AppendLine($"+ {block}"));
            left.Remove(title);
        }

        left.Keys.ToList().ForEach(title => text.AppendLine($"- ## {title}"));
        return text.ToString();
    }

    private static string TitleOf(string section) => section.Split('\n')[0].TrimStart('#', ' ');

    private static List<string> Blocks(string section) => [.. section.Split("\n\n").Skip(1).Select(block => block.TrimEnd())];

    /// <summary>All that an operation may change.</summary>
    private sealed record State(Dictionary<string, byte[]> Files, HashSet<string> Names, string? Content, string LastError)
    {
        public static State Of(Subject subject, string directory, Bench bench)
        {
            // Whatever else is asked may be refused as well.
            var lastError = TextOf(bench.Tree, bench.Image + "last_error") ?? "";
            var files = subject.Files.Keys.Select(name => (name, Path.Combine(directory, name))).Where(f => File.Exists(f.Item2))
                .ToDictionary(f => f.name, f => File.ReadAllBytes(f.Item2));
            var names = new HashSet<string>();
            AddNames(bench.Tree, "", names);
            return new(files, names, ContentOf(bench), lastError.TrimEnd('\n'));
        }

        public string ChangeFrom(State before, Bench bench)
        {
            var text = new StringBuilder();
            var (gone, come) = (before.Names.Except(Names).Order(StringComparer.Ordinal),
                Names.Except(before.Names).Order(StringComparer.Ordinal));
            var names = gone.Select(n => $"-{n}").Concat(come.Select(n => $"+{n}")).ToList();
            if (names.Count > 0)
            {
                text.Append($"; names: {string.Join(' ', names)}");
            }

            if (Content != before.Content && bench.Name is not ("last_error" or "a.qcow2/last_error"))
            {
                text.Append($"; reads: {Content ?? "nothing"}");
            }

            foreach (var (name, bytes) in Files)
            {
                if (!bytes.AsSpan().SequenceEqual(before.Files[name]))
                {
                    text.Append($"; {Show.Change(before.Files[name], bytes)}");
                }
            }

            return text.ToString();
        }

        private static string? ContentOf(Bench bench)
        {
            try
            {
                return bench.Tree.Stat(bench.Path) is not { } status ? null : status.IsDirectory ? "a directory"
                    : Show.Content(bench.Tree.ReadFile(bench.Name));
            }
            catch (TreeException)
            {
                return null;
            }
        }

        private static string? TextOf(ITree tree, string path)
        {
            try
            {
                return tree.ReadText(path);
            }
            catch (Exception e) when (e is TreeException or FileNotFoundException)
            {
                return null;
            }
        }

        private static void AddNames(ITree tree, string directory, HashSet<string> names)
        {
            IReadOnlyList<IEntry> entries;
            try
            {
                entries = tree.List(directory) ?? [];
            }
            catch (TreeException)
            {
                return;
            }

            foreach (var entry in entries)
            {
                var path = (directory.Length == 0 ? "" : directory + "/") + Encoding.UTF8.GetString(entry.NameBytes);
                names.Add(path);
                // Any bytes may look like thousands of records; their names are enough.
                if (entry.IsDirectory && !directory.EndsWith("bitmaps", StringComparison.Ordinal)
                    && !directory.EndsWith("snapshots", StringComparison.Ordinal))
                {
                    AddNames(tree, path, names);
                }
            }
        }
    }
}
