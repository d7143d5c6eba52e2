namespace AgentSandbox.Images.Host;

/// <summary>
/// What the root of the built-in image consists of. An allow-list: what is not named here does not get in, so that nothing that the
/// machine's owner keeps in /etc, /root, /home or /var is ever in a sandbox.
/// </summary>
internal static class HostRootContent
{
    /// <summary>Counts the changes of this file: another number makes a new root on every machine.</summary>
    public const int Version = 1;

    /// <summary>User id of <c>sandbox</c>.</summary>
    public const uint SandboxUser = 1000;

    /// <summary>Links of a merged /usr, made as the host has them.</summary>
    public static IReadOnlyList<string> UsrLinks { get; } = ["bin", "sbin", "lib", "lib32", "lib64", "libx32"];

    /// <summary>Empty folders and their permissions.</summary>
    public static IReadOnlyList<(string Path, uint Mode)> Folders { get; } =
    [
        ("dev", Build.RootBuilder.Public), ("proc", Build.RootBuilder.Public), ("sys", Build.RootBuilder.Public), ("run", Build.RootBuilder.Public),
        ("usr", Build.RootBuilder.Public), ("etc", Build.RootBuilder.Public), ("home", Build.RootBuilder.Public), ("root", Build.RootBuilder.Private),
        ("mnt", Build.RootBuilder.Public), ("media", Build.RootBuilder.Public), ("opt", Build.RootBuilder.Public), ("srv", Build.RootBuilder.Public),
        ("tmp", Build.RootBuilder.Shared), ("var", Build.RootBuilder.Public), ("var/tmp", Build.RootBuilder.Shared), ("var/lib", Build.RootBuilder.Public),
        ("var/log", Build.RootBuilder.Public), ("var/cache", Build.RootBuilder.Public), ("var/spool", Build.RootBuilder.Public),
    ];

    /// <summary>Links and their targets.</summary>
    public static IReadOnlyList<(string Path, string Target)> Links { get; } =
    [
        ("var/run", "/run"), ("var/lock", "/run/lock"), ("etc/os-release", "../usr/lib/os-release"), ("etc/mtab", "../proc/self/mounts"),
    ];

    /// <summary>Files that are the same on every machine. Users: root, the owner of nothing, and the one that commands run as.</summary>
    public static IReadOnlyList<(string Path, string Content)> Files { get; } =
    [
        ("etc/passwd", "root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\nsandbox:x:1000:1000:sandbox:/home/sandbox:/bin/bash\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n"),
        ("etc/group", "root:x:0:\ndaemon:x:1:\nadm:x:4:\ntty:x:5:\nmail:x:8:\nutmp:x:43:\nstaff:x:50:\nusers:x:100:\nsandbox:x:1000:\nnogroup:x:65534:\n"),
        ("etc/nsswitch.conf", "passwd: files\ngroup: files\nshadow: files\nhosts: files dns\nnetworks: files\nprotocols: files\nservices: files\nethers: files\nrpc: files\n"),
        ("etc/hosts", "127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n"),
        ("etc/host.conf", "multi on\n"),
        ("etc/resolv.conf", ""),
        ("etc/machine-id", ""),
        ("etc/fstab", ""),
        ("etc/shells", "/bin/sh\n/usr/bin/sh\n/bin/bash\n/usr/bin/bash\n/bin/dash\n/usr/bin/dash\n"),
        ("etc/profile", "# Read by login shells.\nif [ -n \"${BASH_VERSION-}\" ] && [ -r /etc/bash.bashrc ]; then . /etc/bash.bashrc; fi\n"),
        ("etc/bash.bashrc", "# Read by interactive shells.\n[ -z \"${PS1-}\" ] && return\nshopt -s checkwinsize\nPS1='\\u@\\h:\\w\\$ '\n"),
    ];

    /// <summary>Files of the host's /etc that programs in /usr read and that say nothing about the machine's owner.</summary>
    public static IReadOnlyList<string> HostFiles { get; } =
    [
        "debian_version", "lsb-release", "ld.so.conf", "ld.so.cache", "localtime", "timezone", "services", "protocols", "rpc", "ethertypes",
        "mime.types", "magic", "magic.mime", "inputrc", "locale.alias", "ca-certificates.conf", "gai.conf",
    ];

    /// <summary>Folders of the host's /etc, likewise; a <c>*</c> at the end stands for any rest of the name.</summary>
    public static IReadOnlyList<string> HostFolders { get; } =
    [
        "alternatives", "ld.so.conf.d", "ssl/certs", "ca-certificates", "perl", "python3", "python3.*", "java-*", "fonts", "terminfo", "groff", "ImageMagick-*", "dotnet",
    ];
}
