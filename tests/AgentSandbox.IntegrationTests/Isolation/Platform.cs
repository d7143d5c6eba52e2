// These tests make chroots, namespaces and Unix permissions.
[assembly: System.Runtime.Versioning.SupportedOSPlatform("linux")]
