using System.Security.Principal;

namespace AgentSandbox.WindowsGuest.Probes;

/// <summary>Whether the host's user is this one, or one that this Windows knows by name.</summary>
internal static class UserProbe
{
    /// <summary>Arguments: security identifier of the host's user.</summary>
    public static ProbeReport Know(string[] args)
    {
        using var own = WindowsIdentity.GetCurrent();
        string who = $"commands run as {own.Name} ({own.User})";
        bool control = own.User is { } user && Name(user) is not null;
        var asked = new SecurityIdentifier(args[0]);
        if (!args[0].StartsWith("S-1-5-21-", StringComparison.Ordinal) && !args[0].StartsWith("S-1-12-", StringComparison.Ordinal))
        {
            // SYSTEM and the like: every Windows has them, so that knowing one says nothing.
            return new ProbeReport(ProbeReport.Closed, control, $"{who}; {args[0]} is no person's");
        }

        return own.User == asked ? new ProbeReport(ProbeReport.Open, control, who)
            : Name(asked) is { } name ? new ProbeReport(ProbeReport.Open, control, $"{who}; the host's user is known as {name}")
            : new ProbeReport(ProbeReport.Closed, control, $"{who}; the host's user is not known");
    }

    private static string? Name(SecurityIdentifier identifier)
    {
        try
        {
            return identifier.Translate(typeof(NTAccount)).Value;
        }
        catch (Exception e) when (e is IdentityNotMappedException or System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }
}
