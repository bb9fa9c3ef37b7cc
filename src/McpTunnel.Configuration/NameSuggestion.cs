namespace McpTunnel.Configuration;

/// <summary>Finds the word a person most likely meant.</summary>
internal static class NameSuggestion
{
    private const int MaxWordLength = 64;

    /// <summary>The known word nearest to <paramref name="written"/>, or null when none is near.</summary>
    public static string? For(string written, IEnumerable<string> known)
    {
        if (written.Length > MaxWordLength)
        {
            return null;
        }

        string? best = null;
        var bestDistance = int.MaxValue;
        foreach (var word in known)
        {
            var distance = Distance(written.ToLowerInvariant(), word.ToLowerInvariant());
            var allowed = Math.Max(1, word.Length / 3);
            if (distance <= allowed && distance < bestDistance)
            {
                (best, bestDistance) = (word, distance);
            }
        }

        return best;
    }

    /// <summary>"Did you mean 'x'" or "Known here: a, b", as a remedy.</summary>
    public static string Remedy(string written, IReadOnlyCollection<string> known) =>
        For(written, known) is { } word ? $"Did you mean '{word}'" : $"Known here: {string.Join(", ", known)}";

    private static int Distance(string a, string b)
    {
        // Levenshtein with neighbour swaps, the commonest slip of a hand.
        var table = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++)
        {
            table[i, 0] = i;
        }

        for (var j = 0; j <= b.Length; j++)
        {
            table[0, j] = j;
        }

        for (var i = 1; i <= a.Length; i++)
        {
            for (var j = 1; j <= b.Length; j++)
            {
                var cost = a[i - 1] == b[j - 1] ? 0 : 1;
                var distance = Math.Min(Math.Min(table[i - 1, j], table[i, j - 1]) + 1, table[i - 1, j - 1] + cost);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                {
                    distance = Math.Min(distance, table[i - 2, j - 2] + 1);
                }

                table[i, j] = distance;
            }
        }

        return table[a.Length, b.Length];
    }
}
