using AgentSandbox.Backends.Linux.FileSystem;

namespace AgentSandbox.Tests.Linux;

/// <summary>The id map of a copied sandbox's disk: every id has one place, and only two ranges move.</summary>
public sealed class IdMapTests
{
    [Theory]
    [InlineData(0x80000u, 0x6FFF0000u)]
    [InlineData(0x6FFF0000u, 0x80000u)]
    [InlineData(0x80000u, 0x90000u)]
    [InlineData(0x90000u, 0x80000u)]
    public void Two_ranges_change_places_and_nothing_else_moves(uint onDisk, uint inMount)
    {
        IReadOnlyList<IdMapRange> map = IdMap.Swap(onDisk, inMount);
        foreach (uint offset in new uint[] { 0, 1, 1000, 65535 })
        {
            Assert.Equal(inMount + offset, Through(map, onDisk + offset));
            Assert.Equal(onDisk + offset, Through(map, inMount + offset));
        }

        foreach (uint other in new uint[] { 0, 1, 1000, 65534, 0x7FFFF, uint.MaxValue - 1 })
        {
            Assert.Equal(other, Through(map, other));
        }

        // Whole and without overlap on both sides, or the kernel refuses it.
        Assert.Equal(uint.MaxValue, map.Sum(r => (long)r.Count));
        foreach (Func<IdMapRange, uint> side in new Func<IdMapRange, uint>[] { r => r.OnDisk, r => r.InMount })
        {
            long next = 0;
            foreach (IdMapRange range in map.OrderBy(side))
            {
                Assert.Equal(next, side(range));
                next += range.Count;
            }
        }
    }

    private static uint Through(IReadOnlyList<IdMapRange> map, uint id)
    {
        IdMapRange range = Assert.Single(map, r => id >= r.OnDisk && id - r.OnDisk < r.Count);
        return range.InMount + (id - range.OnDisk);
    }
}
