namespace Qcow2Fs.Check;

/// <summary>Finds what QEMU and the specification object to in an image. Opens no file that the image names.</summary>
public static class ImageCheck
{
    /// <summary>
    /// The most findings that a report holds, but for the first of each rule: an image of a few megabytes can earn a million.
    /// </summary>
    public const int MaxFindings = 1000;

    /// <summary>Checks an image. Where the file cannot be read, QEMU's error for that is the answer.</summary>
    /// <param name="header">Its first cluster.</param>
    /// <param name="image">The whole file.</param>
    /// <param name="path">Its path, to which a backing file's name may be relative; null if it has none.</param>
    /// <param name="qemu">Whose answers are asked for.</param>
    public static CheckReport Run(Header header, IImageBytes image, string? path = null, QemuVersion qemu = QemuVersions.Newest)
    {
        var state = new OpenState(header, image, path, qemu);
        var refusals = new List<(OpenModes Modes, string Rule, Refusal Refusal)>();
        var isJudged = true;
        foreach (var rule in OpenRules.In(qemu).TakeWhile(_ => isJudged))
        {
            var found = Refusals(rule, state);
            refusals.AddRange(found.Select(refusal => (rule.OpenModes & refusal.OpenModes, rule.IdOf(refusal), refusal)));
            isJudged = found.Count == 0 || !rule.IsFinal;
        }

        var other = Unread(() => OtherFormat.Find(state));
        // The lines below the first are QEMU's advice; the remedy covers it.
        var errors = other is { } format ? [format.Finding] : refusals.Select(r => new Finding(r.Rule,
            r.Modes == OpenModes.Write ? Severity.ErrorReadWrite : Severity.Error,
            r.Refusal.Subject, r.Refusal.Sentence.Split('\n')[0], r.Refusal.Remedy)).ToList();
        var warnings = isJudged ? WarningRules.Find(state).Where(warning => !errors.Any(error => Contradicts(error, warning))) : [];
        var findings = Limited(errors.Concat(warnings), finding => finding.Rule).ToList();
        var (info, read, write) = (Answer(OpenModes.Info), Answer(OpenModes.Read), Answer(OpenModes.Write));
        return new()
        {
            Qemu = qemu,
            Info = info.Refusal?.Sentence,
            Read = read.Refusal?.Sentence,
            Write = write.Refusal?.Sentence,
            Rules = (info.Rule, read.Rule, write.Rule),
            Facts = ImageFacts.Of(state, isJudged) is var facts && other is { } mark ? facts with { Format = mark.Mark.Format } : facts,
            Findings = [.. state.LosesSnapshotsByRepair
                ? findings.Select(finding => finding with { Remedy = finding.Remedy?.WithoutBitmaps }) : findings],
        };

        (OpenModes Modes, string? Rule, Refusal? Refusal) Answer(OpenModes mode) => refusals.Find(r => r.Modes.HasFlag(mode));
    }

    // A warning says what QEMU makes of a value; where QEMU refuses the value, it makes nothing of it.
    private static bool Contradicts(Finding error, Finding warning) => warning.Severity == Severity.Warning
        && (error.Subject, warning.Subject) switch
        {
            (HeaderField refused, HeaderField other) => refused == other,
            (Bitmap refused, Bitmap other) => refused.Index == other.Index,
            _ => false,
        };

    /// <summary>
    /// The first <see cref="MaxFindings"/>, and of the rest the first of each rule: a flood of findings that do not count must not hide one
    /// that does.
    /// </summary>
    internal static IEnumerable<T> Limited<T>(IEnumerable<T> found, Func<T, string> rule)
    {
        // Most rules find nothing.
        HashSet<string>? seen = null;
        var count = 0;
        foreach (var finding in found)
        {
            if ((seen ??= []).Add(rule(finding)) | count++ < MaxFindings)
            {
                yield return finding;
            }
        }
    }

    private static T? Unread<T>(Func<T?> find) where T : struct
    {
        try
        {
            return find();
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static List<Refusal> Refusals(OpenRule rule, OpenState state)
    {
        var found = new List<Refusal>();
        try
        {
            found.AddRange(Limited(rule.Find(state), rule.IdOf));
        }
        catch (IOException)
        {
            found.Add(rule.Unreadable ?? new Refusal(new Subject.HeaderCluster(), "Input/output error"));
        }

        return found;
    }
}
