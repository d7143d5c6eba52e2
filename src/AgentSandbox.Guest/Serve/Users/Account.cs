namespace AgentSandbox.Guest.Serve.Users;

/// <summary>Whom a command runs as.</summary>
/// <param name="UserId">uid.</param>
/// <param name="GroupId">gid.</param>
/// <param name="Groups">Supplementary groups.</param>
/// <param name="Name">Login name, or the number where there is none.</param>
/// <param name="Home">Home folder; need not exist.</param>
/// <param name="Shell">Login shell; need not exist.</param>
internal sealed record Account(uint UserId, uint GroupId, uint[] Groups, string Name, string Home, string Shell);
