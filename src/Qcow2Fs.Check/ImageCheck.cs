namespace Qcow2Fs.Check;

/// <summary>Finds what QEMU and the specification object to in an image. Opens no file that the image names.</summary>
public static class ImageCheck
{
    /// <summary>The most findings that a report holds; an image of a few megabytes can earn a million.</summary>
    public const int MaxFindings = 1000;

    /// <summary>Checks an image.</summary>
    /// <param name="header">Its first cluster.</param>
    /// <param name="image">The whole file; where it cannot be read, QEMU's error for that is the answer.</param>
    public static CheckReport Run(Header header, IImageBytes image)
    {
        var state = new OpenState(header, image);
        var findings = ImmutableArray.CreateBuilder<Finding>();
        var answers = new Dictionary<OpenModes, (string Sentence, string Rule)>();
        var isJudged = true;
        foreach (var rule in OpenRules.All)
        {
            foreach (var refusal in Refusals(rule, state).Take(MaxFindings))
            {
                var modes = rule.OpenModes & refusal.OpenModes;
                foreach (var mode in (ReadOnlySpan<OpenModes>)[OpenModes.Info, OpenModes.Read, OpenModes.Write])
                {
                    if (modes.HasFlag(mode))
                    {
                        answers.TryAdd(mode, (refusal.Sentence, rule.IdOf(refusal)));
                    }
                }

                // The lines below the first are QEMU's advice; the remedy covers it.
                findings.Add(new(modes == OpenModes.Write ? Severity.ErrorReadWrite : Severity.Error,
                    refusal.Subject, refusal.Sentence.Split('\n')[0], refusal.Remedy));
                isJudged &= !rule.IsFinal;
            }

            if (!isJudged)
            {
                break;
            }
        }

        if (isJudged)
        {
            findings.AddRange(WarningRules.Find(state).Concat(References.Find(state)).Take(MaxFindings));
        }

        var (info, read, write) = (answers.GetValueOrDefault(OpenModes.Info), answers.GetValueOrDefault(OpenModes.Read),
            answers.GetValueOrDefault(OpenModes.Write));
        return new()
        {
            Info = info.Sentence,
            Read = read.Sentence,
            Write = write.Sentence,
            Rules = (info.Rule, read.Rule, write.Rule),
            Findings = [.. findings.Take(MaxFindings)],
        };
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
