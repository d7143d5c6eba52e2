using System.Globalization;
using System.Text;

namespace AgentSandbox.Isolation.Observation;

/// <summary>A process of a sandbox as the host's /proc shows it. The sandbox has no hand in any of this.</summary>
internal sealed class PayloadProcess
{
    /// <summary>Takes a process.</summary>
    /// <param name="id">Its id on the host.</param>
    public PayloadProcess(int id)
    {
        Id = id;
    }

    /// <summary>Its id on the host.</summary>
    public int Id { get; }

    /// <summary>Its folder in the host's /proc.</summary>
    public string Folder => string.Create(CultureInfo.InvariantCulture, $"/proc/{Id}");

    /// <summary>Finds the one process whose arguments after the program's name are exactly these.</summary>
    /// <param name="arguments">The arguments, one of them a random token.</param>
    /// <returns>The process.</returns>
    /// <exception cref="ProbeFailedException">There is none, or there are several: somebody imitates it.</exception>
    public static PayloadProcess Find(IReadOnlyList<string> arguments) => FindAll(arguments) switch
    {
        [PayloadProcess one] => one,
        var all => throw new ProbeFailedException($"The host sees {all.Count} processes where it expects the one that it started in the sandbox."),
    };

    /// <summary>Finds the processes whose arguments after the program's name are exactly these.</summary>
    /// <param name="arguments">The arguments.</param>
    /// <returns>The processes.</returns>
    public static IReadOnlyList<PayloadProcess> FindAll(IReadOnlyList<string> arguments)
    {
        byte[] tail = Encoding.UTF8.GetBytes(string.Concat(arguments.Select(argument => '\0' + argument)) + '\0');
        return Where(line => line.AsSpan().EndsWith(tail) && line.AsSpan(0, line.Length - tail.Length).IndexOf((byte)0) < 0);
    }

    /// <summary>Finds the other processes of its parent whose program was started by a name.</summary>
    /// <param name="program">The name, the first of the arguments.</param>
    /// <returns>The processes.</returns>
    public IReadOnlyList<PayloadProcess> Siblings(string program)
    {
        byte[] head = Encoding.UTF8.GetBytes(program + '\0');
        string parent = Status("PPid");
        return [.. Where(line => line.AsSpan().StartsWith(head)).Where(process => process.Id != Id && process.TryStatus("PPid") == parent)];
    }

    /// <summary>Whether it has ended, or is a zombie: then nothing of it is left to look at.</summary>
    public bool HasEnded
    {
        get
        {
            try
            {
                return Status("State")[0] is 'Z' or 'X';
            }
            catch (ProbeFailedException)
            {
                return true;
            }
        }
    }

    /// <summary>Whether a text is among its arguments.</summary>
    /// <param name="text">The text.</param>
    /// <returns>True when it is; false also when there is no such process.</returns>
    public bool Mentions(string text) => TryReadArguments(Folder, out byte[] line) && line.AsSpan().IndexOf(Encoding.UTF8.GetBytes(text)) >= 0;

    /// <summary>It and the processes that descend from it.</summary>
    /// <returns>Itself first.</returns>
    public IReadOnlyList<PayloadProcess> Tree()
    {
        ILookup<string, PayloadProcess> children = Directory.EnumerateDirectories("/proc")
            .Where(folder => int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out _))
            .Select(folder => new PayloadProcess(int.Parse(Path.GetFileName(folder), CultureInfo.InvariantCulture)))
            .Where(process => !process.HasEnded)
            .ToLookup(process => process.TryStatus("PPid"));
        List<PayloadProcess> tree = [this];
        for (int i = 0; i < tree.Count; i++)
        {
            tree.AddRange(children[tree[i].Id.ToString(CultureInfo.InvariantCulture)]);
        }

        return tree;
    }

    /// <summary>A line of proc_pid_status(5).</summary>
    /// <param name="name">Its name, without the colon.</param>
    /// <returns>Its value.</returns>
    /// <exception cref="ProbeFailedException">The process has ended, or this kernel has no such line.</exception>
    public string Status(string name)
    {
        foreach (string line in ReadLines("status"))
        {
            if (line.StartsWith(name + ":", StringComparison.Ordinal))
            {
                return line[(name.Length + 1)..].Trim();
            }
        }

        throw new ProbeFailedException($"The kernel does not report '{name}' of a process.");
    }

    /// <summary>The lines of a file in the process's folder.</summary>
    /// <param name="file">Its name.</param>
    /// <returns>The lines.</returns>
    /// <exception cref="ProbeFailedException">The process has ended.</exception>
    public string[] ReadLines(string file)
    {
        try
        {
            return File.ReadAllLines($"{Folder}/{file}");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ProbeFailedException($"The host can't read {Folder}/{file}: {error.Message}", error);
        }
    }

    /// <summary>Whether the process is in the same namespace as this one.</summary>
    /// <param name="kind">Name in /proc/PID/ns, such as <c>pid</c>.</param>
    /// <returns>True when it is.</returns>
    /// <exception cref="ProbeFailedException">One of the two can't be read.</exception>
    public bool SharesNamespace(string kind)
    {
        string? its = new FileInfo($"{Folder}/ns/{kind}").LinkTarget;
        string? ours = new FileInfo($"/proc/self/ns/{kind}").LinkTarget;
        return its is null || ours is null ? throw new ProbeFailedException($"The host can't read the {kind} namespace of process {Id}.") : its == ours;
    }

    private string TryStatus(string name)
    {
        try
        {
            return Status(name);
        }
        catch (ProbeFailedException)
        {
            return ""; // It has ended.
        }
    }

    private static List<PayloadProcess> Where(Func<byte[], bool> matches)
    {
        var found = new List<PayloadProcess>();
        foreach (string folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out int id) && TryReadArguments(folder, out byte[] line) && matches(line))
            {
                found.Add(new PayloadProcess(id));
            }
        }

        return found;
    }

    private static bool TryReadArguments(string folder, out byte[] line)
    {
        try
        {
            line = File.ReadAllBytes(folder + "/cmdline");
            return true;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            line = []; // It ended while we looked.
            return false;
        }
    }
}
