namespace AgentSandbox;

/// <summary>Guesses what somebody meant by a name that does not exist.</summary>
internal static class NearestName
{
    /// <summary>Finds the known name that is nearest to an unknown one.</summary>
    /// <param name="unknown">What was written.</param>
    /// <param name="known">The names that there are; not empty.</param>
    /// <returns>The name at the smallest Levenshtein distance, without regard to case; the first of several.</returns>
    public static string Find(string unknown, IReadOnlyCollection<string> known) => known.MinBy(name => Distance(unknown, name))!;

    /// <summary>Levenshtein's distance without regard to case, in two rows.</summary>
    internal static int Distance(string left, string right)
    {
        // A name that is absurdly long is as far from everything as a long one; the work stays small.
        ReadOnlySpan<char> a = left.AsSpan(0, Math.Min(left.Length, 64));
        int[] previous = [.. Enumerable.Range(0, right.Length + 1)];
        foreach (char letter in a)
        {
            int[] current = new int[right.Length + 1];
            current[0] = previous[0] + 1;
            for (int i = 0; i < right.Length; i++)
            {
                int replaced = previous[i] + (char.ToUpperInvariant(letter) == char.ToUpperInvariant(right[i]) ? 0 : 1);
                current[i + 1] = Math.Min(replaced, Math.Min(previous[i + 1], current[i]) + 1);
            }

            previous = current;
        }

        return previous[^1];
    }
}
