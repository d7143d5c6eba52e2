using AgentSandbox.Backends.Linux.FileSystem;
using AgentSandbox.Backends.Linux.Native;
using AgentSandbox.Isolation.Observation;

namespace AgentSandbox.Backends.Linux.ControlGroups;

/// <summary>
/// The control groups that systemd-nspawn gives to a container's root, for a service manager inside that there is not. They are taken back: whoever may write there
/// can make groups without number, and reaches kernel code that nothing in a sandbox needs.
/// </summary>
internal static class DelegatedGroups
{
    private const uint IdsOfOne = 65536;

    /// <summary>
    /// Gives the group of version 2 to the user of the sandbox's commands, and takes the others back. What systemd-nspawn gave it to is the container's root, which
    /// <c>-User</c> may have replaced.
    /// </summary>
    /// <param name="leader">As below.</param>
    /// <param name="idBase">As below.</param>
    /// <param name="uid">This machine's number of that user.</param>
    /// <param name="gid">And of its group.</param>
    /// <exception cref="LinuxException">The kernel refuses.</exception>
    public static void GiveTo(int leader, uint idBase, uint uid, uint gid)
    {
        foreach ((string file, bool isVersionTwo) in Given(leader, idBase))
        {
            Errno.Check(isVersionTwo ? Libc.FChownAt(Libc.AT_FDCWD, file, uid, gid, 0) : Libc.FChownAt(Libc.AT_FDCWD, file, 0, 0, 0), $"give {file} away");
        }
    }

    /// <summary>Gives what a container's users own of the control groups that it is in back to root.</summary>
    /// <param name="leader">The container's first process, before it runs any command.</param>
    /// <param name="idBase">This machine's number of the container's root.</param>
    /// <exception cref="LinuxException">The kernel refuses.</exception>
    public static void TakeBack(int leader, uint idBase)
    {
        foreach ((string file, _) in Given(leader, idBase))
        {
            Errno.Check(Libc.FChownAt(Libc.AT_FDCWD, file, 0, 0, 0), $"take {file} back");
        }
    }

    private static IEnumerable<(string File, bool IsVersionTwo)> Given(int leader, uint idBase)
    {
        string[] membership = File.ReadAllLines($"/proc/{leader}/cgroup");
        foreach (ControlGroupMount mount in ControlGroupMount.All())
        {
            string? group = mount.Controllers is null ? mount.Folder("", membership) : membership
                .Select(line => line.Split(':', 3)[1].Split(',')[0]).Where(controller => controller.Length > 0 && mount.Controllers.Contains(controller)).Select(controller => mount.Folder(controller, membership)).FirstOrDefault();
            if (group is not null && IsOf(group, idBase))
            {
                foreach (string file in Directory.EnumerateFiles(group).Prepend(group).Where(file => IsOf(file, idBase)))
                {
                    yield return (file, mount.Controllers is null);
                }
            }
        }
    }

    private static bool IsOf(string path, uint idBase) => FileOwner.Of(path).Uid - idBase < IdsOfOne;
}
