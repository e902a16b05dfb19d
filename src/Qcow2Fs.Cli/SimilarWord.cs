namespace Qcow2Fs.Cli;

/// <summary>What a mistyped word was perhaps meant to be.</summary>
internal static class SimilarWord
{
    private const int MinPrefix = 3;

    /// <summary>The question whether it was meant; null if no known word resembles it.</summary>
    public static string? Hint(string word, IReadOnlyCollection<string> known) =>
        Find(word, known) is { } similar ? $"did you mean {similar}?" : null;

    // The shortest that begins with the word, if the others go on from there; or the nearest.
    private static string? Find(string word, IReadOnlyCollection<string> known)
    {
        string[] longer = word.TrimStart('-').Length < MinPrefix ? []
            : [.. known.Where(name => name.StartsWith(word, StringComparison.Ordinal)).OrderBy(name => name.Length)];
        if (longer is [var shortest, ..] && Array.TrueForAll(longer, name => name.StartsWith(shortest, StringComparison.Ordinal)))
        {
            return shortest;
        }

        return known.MinBy(name => EditDistance(word, name)) is { } nearest
            && EditDistance(word, nearest) <= Math.Max(word.Length, nearest.Length) / 3 ? nearest : null;
    }

    // Insertions, deletions and substitutions of one character, and two that are swapped (Damerau, Levenshtein).
    private static int EditDistance(string from, string to)
    {
        var rows = new int[from.Length + 1, to.Length + 1];
        for (var i = 0; i <= from.Length; i++)
        {
            for (var j = 0; j <= to.Length; j++)
            {
                rows[i, j] = i == 0 || j == 0 ? i + j
                    : Math.Min(rows[i - 1, j - 1] + (from[i - 1] == to[j - 1] ? 0 : 1), Math.Min(rows[i - 1, j], rows[i, j - 1]) + 1);
                if (i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1])
                {
                    rows[i, j] = Math.Min(rows[i, j], rows[i - 2, j - 2] + 1);
                }
            }
        }

        return rows[from.Length, to.Length];
    }
}
