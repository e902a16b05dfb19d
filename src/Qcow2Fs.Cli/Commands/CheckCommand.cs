using System.Collections.Concurrent;
using Qcow2Fs.Cli.Pool;

namespace Qcow2Fs.Cli.Commands;

/// <summary>Prints what QEMU and the specification object to in images, one finding per line.</summary>
internal static class CheckCommand
{
    private const string DefaultFailOn = "error,error-rw,warning";
    private const ulong DefaultMaxInput = 1UL << 30;
    private const string List = "list";

    public static void Define(Command command)
    {
        var asJson = command.AddFlag("--json", "Print a JSON object per source.");
        var failOn = command.AddOption<string>("--fail-on", "LIST", $"[default: {DefaultFailOn}]");
        var untrusted = command.AddFlag("--untrusted", "Everything counts: the gate for uploads.");
        var allow = command.AddOption<string>("--allow", "LIST", "With --untrusted: rules that do not count.");
        var maxSize = command.AddOption<string>("--max-virtual-size", "SIZE", "A larger disk is an error.");
        var maxInput = command.AddOption<string>("--max-input", "SIZE", "The most of standard input [default: 1G].");
        var qemu = command.AddOption<string>("--qemu", "VERSION", $"Whose verdict, or list [default: {QemuVersions.Newest.ToText()}].");
        var quiet = command.AddFlag("-q", "Print nothing, only set the exit status.");
        var explain = command.AddOption<string>("--explain", "RULE", "Print what a rule means and what to do, or list.");
        var sources = command.AddArguments("SOURCE", "Images, folders of images, or - for standard input.");
        sources.Arity = ArgumentArity.ZeroOrMore;
        command.SetAction(parsed =>
        {
            if (parsed.GetValue(explain) is { } rule)
            {
                return rule == List ? ListRules() : Explain(rule);
            }

            if (parsed.GetValue(qemu) == List)
            {
                return ListVersions();
            }

            var names = parsed.GetValue(sources) ?? [];
            var isUntrusted = parsed.GetValue(untrusted);
            var wrong = names is [] ? "SOURCE is missing"
                : names.Count(name => name == PoolSources.StandardInput) > 1 ? "standard input can be given once"
                : parsed.GetValue(allow) is not null && !isUntrusted ? "--allow wants --untrusted" : null;
            if (wrong is not null)
            {
                throw new CommandFailure($"{wrong}; try {CommandLine.Program} check --help", ExitCode.WrongUse);
            }

            var counts = Counting(parsed.GetValue(failOn) ?? DefaultFailOn, isUntrusted, parsed.GetValue(allow));
            var check = new Check
            {
                Counts = counts,
                IsUntrusted = isUntrusted,
                Qemu = Version(parsed.GetValue(qemu)),
                MaxVirtualSize = parsed.GetValue(maxSize) is { } size ? Arguments.ParseSize("--max-virtual-size", size) : null,
                MaxInput = (long)Math.Min(long.MaxValue,
                    parsed.GetValue(maxInput) is { } input ? Arguments.ParseSize("--max-input", input) : DefaultMaxInput),
                Format = parsed.GetValue(quiet) ? _ => ""
                    : parsed.GetValue(asJson) ? source => CheckOutput.Json(source, counts) : CheckOutput.Text,
                IsQuiet = parsed.GetValue(quiet),
            };
            return check.Run(names);
        });
    }

    private static int Explain(string id)
    {
        var rule = RuleTable.Find(id) ?? throw UnknownRule("--explain", id);
        var group = RuleTable.Groups.First(group => group.Rules.Contains(rule));
        using var output = new StreamWriter(StandardStreams.OpenOutput());
        output.Write($"{rule.Id} ({rule.Severity})\n{rule.Meaning}.\nSource: {group.Source}.\nWhat to do: {rule.Advice}.\n");
        foreach (var change in QemuChange.All.Where(change => change.Rule == id))
        {
            output.Write($"Since QEMU {change.Version.ToText()}: {change.Now}; before, {change.Before}.\n");
        }

        return ExitCode.Done;
    }

    private static int ListRules()
    {
        using var output = new StreamWriter(StandardStreams.OpenOutput());
        foreach (var rule in RuleTable.Groups.SelectMany(group => group.Rules))
        {
            output.Write($"{rule.Id} ({rule.Severity}): {rule.Meaning}\n");
        }

        return ExitCode.Done;
    }

    private static QemuVersion Version(string? name) => name is null ? QemuVersions.Newest
        : QemuVersions.Parse(name) ?? throw new CommandFailure(
            $"--qemu: there is no version '{name}'; there are {string.Join(", ", QemuVersions.Names)} and {List}",
            ExitCode.WrongUse);

    // A line a change, and one for a series without any.
    private static int ListVersions()
    {
        using var output = new StreamWriter(StandardStreams.OpenOutput());
        foreach (var version in Enum.GetValues<QemuVersion>())
        {
            var lines = QemuChange.All.Where(change => change.Version == version)
                .Select(change => $"{version.ToText(),-5} {change.Rule}: {change.Now}; before, {change.Before}\n");
            output.Write(string.Concat(lines.DefaultIfEmpty($"{version.ToText()}\n")));
        }

        return ExitCode.Done;
    }

    private static Func<Finding, bool> Counting(string failOn, bool isUntrusted, string? allow)
    {
        var severities = failOn.Split(',').Select(name => SeverityText.Parse(name) ?? throw new CommandFailure(
            $"--fail-on: there is no severity '{name}'; there are {string.Join(", ", SeverityText.Names)}", ExitCode.WrongUse)).ToHashSet();
        var allowed = (allow?.Split(',') ?? []).Select(id => RuleTable.Find(id)?.Id ?? throw UnknownRule("--allow", id)).ToHashSet();
        return finding => isUntrusted ? !allowed.Contains(finding.Rule) : severities.Contains(finding.Severity);
    }

    private static CommandFailure UnknownRule(string option, string id)
    {
        string[] known = [.. RuleTable.Groups.SelectMany(group => group.Rules).Select(rule => rule.Id)];
        var advice = SimilarWord.Hint(id, known) ?? $"{CommandLine.Program} check --explain {List} prints them all";
        return new($"{option}: there is no rule '{id}'; {advice}", ExitCode.WrongUse);
    }
}

/// <summary>What is known of one source: a report, or why there is none.</summary>
/// <param name="Name">The source's name as bytes.</param>
/// <param name="Report">The report; null if it could not be judged.</param>
/// <param name="Failure">A sentence, if there is no report.</param>
internal sealed record CheckedSource(byte[] Name, CheckReport? Report, string? Failure)
{
    /// <summary>Whether it could be judged and has no finding that counts.</summary>
    public bool Passes(Func<Finding, bool> counts) => Report?.Findings.Any(counts) == false;
}

/// <summary>One run of check over its sources.</summary>
internal sealed class Check
{
    private readonly ConcurrentDictionary<PoolFolder, BackingLoop> _loops = new();
    private readonly ProgressLine _progress = new();
    private int _count;
    private int _failures;
    private int _withErrors;
    private int _counted;
    private int _withOthers;

    /// <summary>Whether a finding makes the exit status 3.</summary>
    public required Func<Finding, bool> Counts { get; init; }

    /// <summary>Whose answers are asked for.</summary>
    public required QemuVersion Qemu { get; init; }

    /// <summary>
    /// Whether every file in a folder is judged, and one that cannot be judged is a failure: a symbolic link, also as a source, and a
    /// folder without files.
    /// </summary>
    public required bool IsUntrusted { get; init; }

    /// <summary>The largest disk in bytes; null for any.</summary>
    public required ulong? MaxVirtualSize { get; init; }

    /// <summary>The most bytes of standard input.</summary>
    public required long MaxInput { get; init; }

    /// <summary>A source as text for standard output.</summary>
    public required Func<CheckedSource, string> Format { get; init; }

    /// <summary>Whether nothing is printed, not even failures.</summary>
    public required bool IsQuiet { get; init; }

    /// <returns>The exit status. A failure (1) outranks findings (3).</returns>
    public int Run(string[] names)
    {
        using var sources = new PoolSources(names, followsLinks: !IsUntrusted);
        using var output = IsQuiet ? StreamWriter.Null : new StreamWriter(StandardStreams.OpenOutput());
        var judged = new HashSet<PoolFolder>();
        foreach (var (file, source, text) in OrderedParallel.Select(sources.Files(), Judge))
        {
            if (source is not null)
            {
                Add(source, text, output);
                _ = file.Found is { } found && judged.Add(found.Folder);
            }
        }

        output.Flush();
        _progress.Clear();
        if (sources.IsPool && !IsQuiet)
        {
            StandardStreams.WriteError(Summary());
        }

        var empty = sources.Folders.Where(folder => IsUntrusted && !judged.Contains(folder)).ToList();
        foreach (var folder in IsQuiet ? [] : empty)
        {
            CommandLine.WriteError($"{folder.Name}: has no file to judge");
        }

        return _failures > 0 || empty.Count > 0 ? ExitCode.Refused : _counted > 0 ? ExitCode.Found : ExitCode.Done;
    }

    private void Add(CheckedSource source, string text, TextWriter output)
    {
        _count++;
        _failures += source.Failure is null ? 0 : 1;
        _withErrors += source.Report?.Findings.Any(IsError) == true ? 1 : 0;
        _counted += source.Report?.Findings.Any(Counts) == true ? 1 : 0;
        _withOthers += source.Report is { } report && report.Findings.Any(Counts) && !report.Findings.Any(IsError) ? 1 : 0;
        if (IsQuiet)
        {
            return;
        }

        if (text.Length > 0 || source.Failure is not null)
        {
            _progress.Clear();
        }

        output.Write(text);
        if (source.Failure is { } failure)
        {
            CommandLine.WriteError($"{PathText.Decode(source.Name)}: {failure}");
        }

        _progress.Show(Summary);
    }

    private string Summary() => $"{_count} {(_count == 1 ? "image" : "images")}"
        + (_count == _failures ? "" : $": {_withErrors} with errors")
        + (IsUntrusted ? $", {_counted} not to be trusted"
            : _withOthers > 0 ? $", {_withOthers} with other findings that count" : "")
        + (_failures > 0 ? $", {_failures} could not be read" : "");

    // Runs on any thread. No source if the file is none of those that a walk is about.
    private (PoolFile File, CheckedSource? Source, string Text) Judge(PoolFile file)
    {
        CheckedSource? source;
        try
        {
            source = file.IsStandardInput ? JudgeInput(file)
                : file.Failure == PoolSources.NotAFile && !IsUntrusted ? null
                : file.Failure is { } failure ? new(file.Name, null, failure)
                : Judge(file, file.Open());
        }
        catch (Exception e)
        {
            // Also a fault of this program: it must not keep the other images from being judged.
            source = new(file.Name, null, CommandLine.SentenceOf(e));
        }

        return (file, source, source is null ? "" : Format(source));
    }

    private CheckedSource JudgeInput(PoolFile file)
    {
        using var input = InputFile.Read(MaxInput);
        return new(file.Name, WithLimits(ImageCheck.Run(input.ReadHeader(), input, qemu: Qemu)), null);
    }

    private CheckedSource? Judge(PoolFile file, OpenedImage image)
    {
        using (image)
        {
            var header = image.ReadHeader();
            if (file.Found is not null && !IsUntrusted && !header.HasMagic && !file.IsNamedLikeAnImage)
            {
                return null;
            }

            var report = ImageCheck.Run(header, image, AbsolutePath.Of(file.Text), Qemu);
            return new(file.Name, WithLimits(WithLoop(file, report)), null);
        }
    }

    private CheckReport WithLoop(PoolFile file, CheckReport report) =>
        file.Found is { } found && report.Facts.BackingFile is { } name && !report.Findings.Any(f => f.Rule == "loop")
            && _loops.GetOrAdd(found.Folder, folder => new(folder)).Find(PathText.Decode(found.Path), name) is { } again
            ? With(report, new("loop", Severity.Error, new Subject.BackingFile(), $"the chain of backing files comes back to '{again}'"))
            : report;

    private CheckReport WithLimits(CheckReport report) =>
        MaxVirtualSize is { } limit && report.Facts.VirtualSize is { } size && size > limit
            ? With(report, new("virtual-size", Severity.Error, new Subject.HeaderField(HeaderFields.Size),
                $"the disk has {size} bytes, more than {limit}"))
            : report;

    private static bool IsError(Finding finding) => finding.Severity is Severity.Error or Severity.ErrorReadWrite;

    private static CheckReport With(CheckReport report, Finding finding) => report with { Findings = [finding, .. report.Findings] };
}
