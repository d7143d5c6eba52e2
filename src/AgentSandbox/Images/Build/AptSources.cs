namespace AgentSandbox.Images.Build;

/// <summary>
/// Finds where this machine gets its packages from, so that an image of a release comes from the same place: behind a company's
/// mirror the distribution's own address often can't be reached.
/// </summary>
/// <param name="hostRoot">The host's root; another folder in tests.</param>
internal sealed class AptSources(string hostRoot)
{
    private static readonly string[] _debian = ["buster", "bullseye", "bookworm", "trixie", "forky", "duke", "sid", "stable", "oldstable", "oldoldstable", "testing", "unstable"];
    private static readonly string[] _ubuntu = ["trusty", "xenial", "bionic", "focal", "jammy", "lunar", "mantic", "noble", "oracular", "plucky", "questing"];

    /// <summary>Lines of sources.list(5), or one address, to give to mmdebstrap for a release.</summary>
    /// <param name="release">The release.</param>
    /// <returns>The arguments; none when the distribution's default must do.</returns>
    public IReadOnlyList<string> For(string release)
    {
        List<Entry> entries = Read();
        string[] exact = [.. entries.Where(e => Base(e.Suite) == release).Select(static e => e.ToLine()).Distinct()];
        if (entries.Any(e => e.Suite == release))
        {
            return exact;
        }

        (string? id, string? codename) = ReadRelease();
        string[] family = id == "debian" ? _debian : id == "ubuntu" ? _ubuntu : [];
        Entry? own = family.Contains(release) ? entries.FirstOrDefault(e => e.Suite == codename) : null;
        return own is null ? [] : [own.Uri];
    }

    private static string Base(string suite)
    {
        int end = suite.IndexOfAny(['-', '/']);
        string rest = end < 0 ? "" : suite[end..];
        return rest is "-updates" or "-security" or "/updates" ? suite[..end] : suite;
    }

    private List<Entry> Read()
    {
        string apt = Path.Combine(hostRoot, "etc/apt");
        string parts = Path.Combine(apt, "sources.list.d");
        List<string> files = [Path.Combine(apt, "sources.list")];
        if (Directory.Exists(parts))
        {
            files.AddRange(Directory.EnumerateFiles(parts).Order(StringComparer.Ordinal));
        }

        return [.. files.Where(File.Exists).SelectMany(static file => file.EndsWith(".sources", StringComparison.Ordinal) ? Deb822(File.ReadAllText(file)) : file.EndsWith(".list", StringComparison.Ordinal) ? OneLine(File.ReadAllLines(file)) : [])
            .Where(static e => e.IsUsable)];
    }

    private static IEnumerable<Entry> OneLine(IEnumerable<string> lines)
    {
        foreach (string line in lines)
        {
            string text = line.Split('#')[0].Trim();
            string? keyring = null;
            if (!text.StartsWith("deb ", StringComparison.Ordinal) && !text.StartsWith("deb\t", StringComparison.Ordinal))
            {
                continue;
            }

            text = text[4..].Trim();
            if (text.StartsWith('['))
            {
                int end = text.IndexOf(']', StringComparison.Ordinal);
                if (end < 0)
                {
                    continue;
                }

                keyring = Words(text[1..end]).FirstOrDefault(static o => o.StartsWith("signed-by=", StringComparison.Ordinal))?["signed-by=".Length..];
                text = text[(end + 1)..];
            }

            string[] words = Words(text);
            if (words.Length >= 3)
            {
                yield return new Entry(words[0], words[1], words[2..], keyring);
            }
        }
    }

    private static IEnumerable<Entry> Deb822(string text)
    {
        foreach (string stanza in text.ReplaceLineEndings("\n").Split("\n\n", StringSplitOptions.RemoveEmptyEntries))
        {
            Dictionary<string, string> fields = new(StringComparer.OrdinalIgnoreCase);
            string? last = null;
            foreach (string line in stanza.Split('\n').Where(static l => !l.StartsWith('#')))
            {
                int colon = line.IndexOf(':', StringComparison.Ordinal);
                if (line.StartsWith(' ') || line.StartsWith('\t'))
                {
                    // A key written into the file itself: its lines are no words, and such a source is not used.
                    fields[last ?? ""] = fields.GetValueOrDefault(last ?? "") + "\n" + line;
                }
                else if (colon > 0)
                {
                    last = line[..colon];
                    fields[last] = line[(colon + 1)..].Trim();
                }
            }

            if (fields.GetValueOrDefault("Enabled") == "no" || !Words(fields.GetValueOrDefault("Types", "")).Contains("deb"))
            {
                continue;
            }

            foreach (string uri in Words(fields.GetValueOrDefault("URIs", "")))
            {
                foreach (string suite in Words(fields.GetValueOrDefault("Suites", "")))
                {
                    yield return new Entry(uri, suite, Words(fields.GetValueOrDefault("Components", "")), fields.GetValueOrDefault("Signed-By"));
                }
            }
        }
    }

    private (string? Id, string? Codename) ReadRelease()
    {
        string path = Path.Combine(hostRoot, "usr/lib/os-release");
        string[] lines = File.Exists(path) ? File.ReadAllLines(path) : [];
        return (Value("ID="), Value("VERSION_CODENAME="));

        string? Value(string key) => lines.FirstOrDefault(l => l.StartsWith(key, StringComparison.Ordinal))?[key.Length..].Trim('"');
    }

    private static string[] Words(string text) => text.Split([' ', '\t', '\n'], StringSplitOptions.RemoveEmptyEntries);

    private sealed record Entry(string Uri, string Suite, IReadOnlyList<string> Components, string? Keyring)
    {
        /// <summary>
        /// Only a distribution's own archive ("main" is in it), at a plain address. One with a password is not used: the image's own
        /// sources would carry it into every sandbox.
        /// </summary>
        public bool IsUsable => Components.Contains("main") && (Keyring is null || !Keyring.Contains('\n', StringComparison.Ordinal)) &&
            System.Uri.TryCreate(Uri, UriKind.Absolute, out Uri? parsed) && (parsed.Scheme is "http" or "https" or "file") && parsed.UserInfo.Length == 0;

        public string ToLine() => $"deb {(Keyring is null ? "" : $"[signed-by={Keyring}] ")}{Uri} {Suite} main";
    }
}
