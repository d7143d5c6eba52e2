using System.Runtime.Versioning;
using System.Security.AccessControl;
using System.Security.Principal;

namespace AgentSandbox.State.Windows;

/// <summary>
/// A folder with an access list of its own, which inherits nothing: its user, SYSTEM and the administrators, and nobody else. Made with it in one
/// step, and looked at afterwards, since not every file system keeps access lists (FAT, some network shares).
/// </summary>
[SupportedOSPlatform("windows")]
internal static class WindowsPrivateFolder
{
    private static readonly SecurityIdentifier s_system = new(WellKnownSidType.LocalSystemSid, null);
    private static readonly SecurityIdentifier s_administrators = new(WellKnownSidType.BuiltinAdministratorsSid, null);

    /// <summary>What stands for the file's owner in an access list, whoever that is.</summary>
    private static readonly SecurityIdentifier s_creatorOwner = new(WellKnownSidType.CreatorOwnerSid, null);

    /// <summary>Makes a folder, and those above it that are missing, or closes one that exists.</summary>
    /// <param name="path">Its path.</param>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.StateFailed"/>: it is somebody else's, is a link, or can't be closed to others.</exception>
    public static void Create(string path)
    {
        var folder = new DirectoryInfo(path);
        SecurityIdentifier user = CurrentUser();
        if (!folder.Exists)
        {
            if (folder.Parent is { Exists: false } parent)
            {
                Create(parent.FullName);
            }

            // Another process may be faster: then this does nothing, and the look below decides.
            folder.Create(AccessList(user));
            folder.Refresh();
        }

        Require((folder.Attributes & FileAttributes.ReparsePoint) == 0, path, "is a link or a junction");
        DirectorySecurity found = folder.GetAccessControl(AccessControlSections.Owner | AccessControlSections.Access);
        Require(IsTrusted(found.GetOwner(typeof(SecurityIdentifier)), user), path, "belongs to another user");
        if (Strangers(found, user))
        {
            folder.SetAccessControl(AccessList(user));
            Require(!Strangers(folder.GetAccessControl(AccessControlSections.Access), user), path, "can't be closed to other users");
        }
    }

    private static DirectorySecurity AccessList(SecurityIdentifier user)
    {
        var security = new DirectorySecurity();
        security.SetAccessRuleProtection(isProtected: true, preserveInheritance: false);
        foreach (SecurityIdentifier who in (SecurityIdentifier[])[user, s_system, s_administrators])
        {
            security.AddAccessRule(new FileSystemAccessRule(who, FileSystemRights.FullControl, InheritanceFlags.ContainerInherit | InheritanceFlags.ObjectInherit, PropagationFlags.None, AccessControlType.Allow));
        }

        return security;
    }

    private static bool Strangers(DirectorySecurity security, SecurityIdentifier user) =>
        security.GetAccessRules(includeExplicit: true, includeInherited: true, typeof(SecurityIdentifier))
            .Cast<FileSystemAccessRule>()
            .Any(rule => rule.AccessControlType == AccessControlType.Allow && !IsTrusted(rule.IdentityReference, user) && !s_creatorOwner.Equals(rule.IdentityReference));

    private static bool IsTrusted(IdentityReference? who, SecurityIdentifier user) => user.Equals(who) || s_system.Equals(who) || s_administrators.Equals(who);

    private static SecurityIdentifier CurrentUser()
    {
        using WindowsIdentity identity = WindowsIdentity.GetCurrent();
        return identity.User ?? throw new SandboxException(SandboxErrorId.StateFailed, "This process runs as no user.", "Run it as a user of this machine.");
    }

    private static void Require(bool condition, string path, string problem)
    {
        if (!condition)
        {
            throw new SandboxException(
                SandboxErrorId.StateFailed, $"The state folder '{path}' {problem}: who can write there owns every sandbox.", $"Delete it after a look at it, or set {SandboxHome.EnvironmentVariable} to a folder of your own on a local disk.", path);
        }
    }
}
