namespace Qcow2Fs.Check;

/// <summary>Finds what QEMU and the specification object to in an image. Opens no file that the image names.</summary>
public static class ImageCheck
{
    /// <summary>The most findings that a report holds; an image of a few megabytes can earn a million.</summary>
    public const int MaxFindings = 1000;

    /// <summary>Checks an image. Where the file cannot be read, QEMU's error for that is the answer.</summary>
    public static CheckReport Run(Header header, IImageBytes image)
    {
        var state = new OpenState(header, image);
        var refusals = new List<(OpenModes Modes, string Rule, Refusal Refusal)>();
        var isJudged = true;
        foreach (var rule in OpenRules.All.TakeWhile(_ => isJudged))
        {
            var found = Refusals(rule, state);
            refusals.AddRange(found.Select(refusal => (rule.OpenModes & refusal.OpenModes, rule.IdOf(refusal), refusal)));
            isJudged = found.Count == 0 || !rule.IsFinal;
        }

        // The lines below the first are QEMU's advice; the remedy covers it.
        var findings = refusals.Select(r => new Finding(r.Modes == OpenModes.Write ? Severity.ErrorReadWrite : Severity.Error,
            r.Refusal.Subject, r.Refusal.Sentence.Split('\n')[0], r.Refusal.Remedy));
        var warnings = isJudged ? WarningRules.Find(state).Concat(References.Find(state)) : [];
        var (info, read, write) = (Answer(OpenModes.Info), Answer(OpenModes.Read), Answer(OpenModes.Write));
        return new()
        {
            Info = info.Refusal?.Sentence,
            Read = read.Refusal?.Sentence,
            Write = write.Refusal?.Sentence,
            Rules = (info.Rule, read.Rule, write.Rule),
            Findings = [.. findings.Concat(warnings).Take(MaxFindings)],
        };

        (OpenModes Modes, string? Rule, Refusal? Refusal) Answer(OpenModes mode) => refusals.Find(r => r.Modes.HasFlag(mode));
    }

    private static List<Refusal> Refusals(OpenRule rule, OpenState state)
    {
        var found = new List<Refusal>();
        try
        {
            found.AddRange(rule.Find(state).Take(MaxFindings));
        }
        catch (IOException)
        {
            found.Add(rule.Unreadable ?? new Refusal(new Subject.HeaderCluster(), "Input/output error"));
        }

        return found;
    }
}
