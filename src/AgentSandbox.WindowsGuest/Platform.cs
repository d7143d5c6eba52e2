#if NET
// Its registry, its accounts and its job objects are Windows'. .NET Framework has no such attribute and no other platform.
[assembly: System.Runtime.Versioning.SupportedOSPlatform("windows")]
#endif
