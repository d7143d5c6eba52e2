namespace AgentSandbox.Backends.WindowsSandbox.Keeping;

/// <summary>Why a keeper ends its instance.</summary>
internal enum KeeperEnd
{
    /// <summary>Its removal was asked for; who asked deletes the rest.</summary>
    Asked = 0,

    /// <summary>Its time is over.</summary>
    Expired = 1,

    /// <summary>It was a throw-away sandbox, and the process that made it is gone.</summary>
    Ownerless = 2,

    /// <summary>The process that was making it is gone.</summary>
    Abandoned = 3,

    /// <summary>The instance is gone: its window was closed, or something ended it.</summary>
    Vanished = 4,

    /// <summary>The guest program ended.</summary>
    GuestEnded = 5,

    /// <summary>The guest broke the bounds of its folder.</summary>
    Violation = 6,
}
