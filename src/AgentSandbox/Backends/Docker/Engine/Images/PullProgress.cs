namespace AgentSandbox.Backends.Docker.Engine.Images;

/// <summary>
/// Folds what a pull says about each layer to one number. A layer's work is half download, half extraction, in its share of the bytes that are known
/// so far; a size that is not known yet counts as the mean of the others. The number never falls, though layers turn up late.
/// </summary>
/// <param name="image">What is pulled, for the activity.</param>
internal sealed class PullProgress(string image)
{
    // Images have at most 127 layers (overlay2); further ones of a broken engine are left out.
    private const int MaxLayers = 1000;

    private readonly Dictionary<string, Layer> _layers = [];
    private int _percent;

    /// <summary>Takes a line.</summary>
    /// <param name="line">The line.</param>
    /// <returns>How far the pull is; null when the line says nothing about that.</returns>
    public SandboxProgress? Add(ProgressLine line)
    {
        if (line is not { Id: { } id, Status: { } status } || !Note(id, status, line.Detail))
        {
            return null;
        }

        _percent = Math.Max(_percent, Measure());
        int done = _layers.Values.Count(l => l.Work >= 1);
        string doing = _layers.Values.Any(l => l.Downloaded < 1) ? "downloading" : done < _layers.Count ? "extracting" : "finishing";
        return new($"Pulling {image}", $"{doing}, {done} of {_layers.Count} layers done", _percent);
    }

    /// <summary>The pull is complete.</summary>
    /// <returns>100 %.</returns>
    public SandboxProgress Complete() => new($"Pulling {image}", "complete", 100);

    private bool Note(string id, string status, ProgressDetail? detail)
    {
        // The words are jsonmessage's and the distribution package's; others, such as "Pulling from library/x", are not about a layer.
        double? download = null, extract = null;
        switch (status)
        {
            case "Pulling fs layer" or "Waiting":
                break;
            case "Downloading":
                download = Fraction(detail);
                break;
            case "Verifying Checksum" or "Download complete":
                download = 1;
                break;
            case "Extracting":
                (download, extract) = (1, Fraction(detail));
                break;
            case "Pull complete" or "Already exists":
                (download, extract) = (1, 1);
                break;
            default:
                return false;
        }

        if (!_layers.TryGetValue(id, out Layer? layer))
        {
            if (_layers.Count == MaxLayers)
            {
                return false;
            }

            layer = _layers[id] = new();
        }

        // A download that fails is begun again; what was there counts on.
        layer.Downloaded = Math.Max(layer.Downloaded, download ?? 0);
        layer.Extracted = Math.Max(layer.Extracted, extract ?? 0);
        if (detail?.Total is > 0)
        {
            layer.Size = detail.Total.Value;
        }

        return true;
    }

    private int Measure()
    {
        Layer[] known = [.. _layers.Values.Where(l => l.Size > 0)];
        double mean = known.Length == 0 ? 1 : known.Average(l => (double)l.Size);
        // A layer that was there before weighs nothing: there is nothing to wait for. Alone they are all that there is.
        Layer[] counted = [.. _layers.Values.Where(l => l.Size > 0 || l.Work < 1)];
        double total = counted.Sum(l => l.Size > 0 ? l.Size : mean);
        double done = counted.Sum(l => (l.Size > 0 ? l.Size : mean) * l.Work);
        // 100 is said when the engine has said that it is done.
        return total > 0 ? (int)Math.Clamp(done / total * 100, 0, 99) : 99;
    }

    private static double? Fraction(ProgressDetail? detail) =>
        detail is { Current: >= 0, Total: > 0 } ? Math.Min(1, (double)detail.Current.Value / detail.Total.Value) : null;

    private sealed class Layer
    {
        public long Size { get; set; }

        public double Downloaded { get; set; }

        public double Extracted { get; set; }

        public double Work => (Downloaded + Extracted) / 2;
    }
}
