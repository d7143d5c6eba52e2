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

    /// <summary>Gives what a container's users own of the control groups that it is in back to root.</summary>
    /// <param name="leader">The container's first process, before it runs any command.</param>
    /// <param name="idBase">This machine's number of the container's root.</param>
    /// <exception cref="LinuxException">The kernel refuses.</exception>
    public static void TakeBack(int leader, uint idBase)
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
                    Errno.Check(Libc.FChownAt(Libc.AT_FDCWD, file, 0, 0, 0), $"take {file} back");
                }
            }
        }
    }

    private static bool IsOf(string path, uint idBase) => FileOwner.Of(path).Uid - idBase < IdsOfOne;
}
