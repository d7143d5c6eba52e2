namespace AgentSandbox.Isolation.Observation;

/// <summary>A folder of this machine that a sandbox's root is made from, and which it must not change.</summary>
/// <param name="Inside">Where it shows in the sandbox.</param>
/// <param name="OnHost">Where it is.</param>
internal sealed record BaseFolder(string Inside, string OnHost)
{
    /// <summary>The folders of an image of this machine's store.</summary>
    /// <param name="image">The image.</param>
    /// <returns>Its root, and what of the host is bound into it.</returns>
    public static IReadOnlyList<BaseFolder> Of(SandboxImage image) => [new BaseFolder("/", image.RootPath), .. image.HostBinds.Select(folder => new BaseFolder(folder, folder))];

    /// <summary>The lower layers of a sandbox's root, as its mounts name them.</summary>
    /// <param name="mounts">The mounts of the process whose root is the sandbox's.</param>
    /// <returns>The folders.</returns>
    /// <exception cref="ProbeFailedException">The mounts don't say where they are, or not in this machine's terms.</exception>
    public static IReadOnlyList<BaseFolder> Of(IReadOnlyList<MountLine> mounts)
    {
        MountLine? root = MountLine.Of(mounts, "/");
        IReadOnlyList<string> layers = root?.LowerFolders() ?? [];
        return layers.Count > 0 && layers.All(layer => Path.IsPathRooted(layer) && Directory.Exists(layer))
            ? [.. layers.Select(layer => new BaseFolder("/", layer))]
            : throw new ProbeFailedException($"The sandbox's mounts don't say where its image is on this machine (its root is {root?.Type ?? "no mount"}).");
    }

    /// <summary>Where a folder of the sandbox is in this one.</summary>
    /// <param name="folder">The folder, as the sandbox sees it.</param>
    /// <returns>Its path below <see cref="OnHost"/>, beginning with a slash; null when it is not in it.</returns>
    public string? Translate(string folder)
    {
        string inside = Inside.TrimEnd('/');
        return folder == Inside ? "/" : folder.StartsWith(inside + "/", StringComparison.Ordinal) ? folder[inside.Length..] : null;
    }
}
