namespace AgentSandbox.Benchmarks.Measuring;

/// <summary>What was measured of one contender.</summary>
internal sealed class Samples
{
    private readonly double[] _sorted;

    /// <summary>Takes the values.</summary>
    /// <param name="values">The values, in any order; at least one.</param>
    public Samples(IEnumerable<double> values)
    {
        _sorted = [.. values.Order()];
    }

    /// <summary>The middle value.</summary>
    public double Median => Quantile(0.5);

    /// <summary>19 of 20 are at most this.</summary>
    public double P95 => Quantile(0.95);

    /// <summary>How many there are.</summary>
    public int Count => _sorted.Length;

    private double Quantile(double q)
    {
        double position = q * (_sorted.Length - 1);
        int below = (int)position;
        int above = Math.Min(below + 1, _sorted.Length - 1);
        return _sorted[below] + ((_sorted[above] - _sorted[below]) * (position - below));
    }
}
