namespace Qcow2Fs.Cli;

/// <summary>What a mistyped word was perhaps meant to be.</summary>
internal static class SimilarWord
{
    /// <summary>The nearest of the words that are known; null if none resembles it.</summary>
    public static string? Find(string word, IEnumerable<string> known)
    {
        var nearest = known.MinBy(name => EditDistance(word, name))!;
        return EditDistance(word, nearest) <= Math.Max(word.Length, nearest.Length) / 3 ? nearest : null;
    }

    // Levenshtein's: insertions, deletions and substitutions of one character.
    private static int EditDistance(string from, string to)
    {
        var row = Enumerable.Range(0, to.Length + 1).ToArray();
        for (var i = 1; i <= from.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= to.Length; j++)
            {
                var substituted = diagonal + (from[i - 1] == to[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(substituted, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[^1];
    }
}
