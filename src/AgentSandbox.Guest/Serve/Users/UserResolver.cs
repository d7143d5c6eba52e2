using System.Globalization;
using AgentSandbox.Guest.Native;
using AgentSandbox.Guest.Serve.Spawn;
using AgentSandbox.Protocol;

namespace AgentSandbox.Guest.Serve.Users;

/// <summary>Turns <c>name|uid[:group|gid]</c> into an account of the sandbox.</summary>
internal static class UserResolver
{
    /// <summary>Resolves a request.</summary>
    /// <param name="request">What the host asked for; null for the guest's own user.</param>
    /// <param name="mayChangeUser">See <see cref="OwnRights.MayChangeUser"/>.</param>
    /// <returns>The account. Numbers need not exist in the files; the group of an unlisted uid is the gid of the same number, never root's.</returns>
    /// <exception cref="CommandRefusedException">The user or group is unknown, or the guest may not become that user.</exception>
    public static Account Resolve(string? request, bool mayChangeUser)
    {
        uint ownUser = Libc.GetEffectiveUserId();
        uint ownGroup = Libc.GetEffectiveGroupId();
        Account account = request is null
            ? FromNumber(ownUser, mayChangeUser ? null : ownGroup)
            : Parse(request);

        if (!mayChangeUser)
        {
            if (account.UserId != ownUser || account.GroupId != ownGroup)
            {
                throw new CommandRefusedException(FailKind.User, Errno.EPERM, "setresuid", request ?? "");
            }

            return account with { Groups = [] }; // Taken on by the whole guest at its start, or given by an engine; there is no right to change them.
        }

        return account;
    }

    private static Account Parse(string request)
    {
        string[] parts = request.Split(':');
        if (parts.Length > 2 || parts[0].Length == 0 || (parts.Length == 2 && parts[1].Length == 0))
        {
            throw Unknown(request);
        }

        uint? group = parts.Length == 1
            ? null
            : AccountFiles.TryId(parts[1], out uint gid) ? gid : AccountFiles.FindGroup(parts[1]) ?? throw Unknown(request);

        if (AccountFiles.TryId(parts[0], out uint uid))
        {
            return FromNumber(uid, group);
        }

        return FromEntry(AccountFiles.FindUser(e => e.Name == parts[0]) ?? throw Unknown(request), group);
    }

    private static Account FromNumber(uint uid, uint? group)
    {
        if (AccountFiles.FindUser(e => e.UserId == uid) is AccountFiles.PasswdEntry entry)
        {
            return FromEntry(entry, group);
        }

        string name = uid == 0 ? "root" : uid.ToString(CultureInfo.InvariantCulture);
        return new Account(uid, group ?? uid, [], name, uid == 0 ? "/root" : "/", "/bin/sh");
    }

    /// <summary>A group that is named takes the place of all of the account's groups, as <c>docker exec --user</c> has it.</summary>
    private static Account FromEntry(AccountFiles.PasswdEntry entry, uint? group) => new(
        entry.UserId,
        group ?? entry.GroupId,
        group is null ? AccountFiles.GroupsOf(entry.Name) : [],
        entry.Name,
        entry.Home.Length > 0 && !entry.Home.Contains('\0') ? entry.Home : "/",
        entry.Shell.Length > 0 && !entry.Shell.Contains('\0') ? entry.Shell : "/bin/sh");

    private static CommandRefusedException Unknown(string request) => new(FailKind.User, 0, "user", request);
}
