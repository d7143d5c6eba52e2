using System.Diagnostics;
using System.Globalization;
using System.Text;
using AgentSandbox.Backends.Linux.Native;
using AgentSandbox.State;

namespace AgentSandbox.Backends.Linux.FileSystem;

/// <summary>
/// A sandbox's own files live in a sparse ext4 image of a fixed size, so that a guest which fills "the disk" fills its own. Making a file
/// system costs some 20 ms, so an empty one per size is kept as a template and copied, which costs one: only its few data blocks exist.
/// </summary>
internal static unsafe class DiskImage
{
    private const nuint LOOP_CTL_GET_FREE = 0x4C82;
    private const nuint LOOP_CONFIGURE = 0x4C0A;
    private const uint LO_FLAGS_AUTOCLEAR = 4;

    // sbin is not on every user's PATH.
    private static readonly string[] s_toolFolders = ["/usr/sbin", "/sbin", "/usr/bin"];

    /// <summary>struct loop_config, loop(4): a descriptor, a block size, struct loop_info64 and reserved words.</summary>
    private const int LoopConfigSize = 4 + 4 + 232 + 64;

    /// <summary>Offset of lo_flags in struct loop_info64.</summary>
    private const int LoopFlagsOffset = 8 + 52;

    /// <summary>Makes an empty image.</summary>
    /// <param name="path">Where; must not exist.</param>
    /// <param name="size">Bytes that it can hold, metadata included.</param>
    /// <param name="home">Keeps the templates.</param>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.DiskFull"/>, or <see cref="SandboxErrorId.StartFailed"/> when mkfs.ext4 is missing or fails.</exception>
    public static void Create(string path, long size, SandboxHome home)
    {
        string template = Path.Combine(home.Data, "templates", string.Create(CultureInfo.InvariantCulture, $"ext4-1-{size}.img"));
        if (!File.Exists(template))
        {
            MakeTemplate(template, size);
        }

        SparseFile.Copy(template, path);
    }

    /// <summary>Mounts an image in this thread's mount namespace; the loop device goes when the mount does.</summary>
    /// <param name="image">The image.</param>
    /// <param name="target">An existing folder.</param>
    public static void Mount(string image, string target)
    {
        RepairIfDirty(image);
        using FileDescriptor backing = FileDescriptor.Open(image, Libc.O_RDWR);
        (string device, FileDescriptor loop) = Attach(backing);
        using (loop)
        {
            // The image is disposable: no barriers, so that one sandbox's fsync storm is not the whole machine's.
            // noinit_itable: its inode tables read as zeros already, being holes.
            Errno.Check(
                Libc.Mount(device, target, "ext4", Libc.MS_NOSUID | Libc.MS_NODEV | Libc.MS_NOATIME, "nobarrier,noinit_itable,errors=remount-ro"),
                $"mount {image}");
        }
    }

    private static (string Device, FileDescriptor Loop) Attach(FileDescriptor backing)
    {
        using FileDescriptor control = FileDescriptor.Open("/dev/loop-control", Libc.O_RDWR);
        byte* config = stackalloc byte[LoopConfigSize];
        new Span<byte>(config, LoopConfigSize).Clear();
        *(uint*)config = (uint)backing.Value;
        *(uint*)(config + LoopFlagsOffset) = LO_FLAGS_AUTOCLEAR;
        for (int attempt = 0; ; attempt++)
        {
            int number = Errno.Check(Libc.Ioctl(control.Value, LOOP_CTL_GET_FREE, null), "get a loop device");
            string device = string.Create(CultureInfo.InvariantCulture, $"/dev/loop{number}");
            int fd = Libc.Open(device, Libc.O_RDWR | Libc.O_CLOEXEC, 0);
            int errno = Errno.Last;
            if (fd >= 0)
            {
                var loop = new FileDescriptor(fd);
                if (Libc.Ioctl(fd, LOOP_CONFIGURE, config) == 0)
                {
                    return (device, loop);
                }

                errno = Errno.Last;
                loop.Dispose();
            }

            // Another process took the same free number between the two calls.
            if ((errno is not (Errno.EBUSY or Errno.ENOENT or Errno.ENXIO)) || attempt > 2000)
            {
                throw Errno.Exception($"attach {device}", errno);
            }

            if (errno != Errno.EBUSY)
            {
                Thread.Sleep(1); // The node of a new device appears a moment later.
            }
        }
    }

    /// <summary>A machine that lost power leaves the "valid" bit of the superblock unset, and so does a copy of a mounted image; only then is a check due.</summary>
    /// <param name="image">The image, not mounted.</param>
    public static void RepairIfDirty(string image)
    {
        const int StateOffset = 1024 + 0x3A;
        using (FileStream stream = File.OpenRead(image))
        {
            stream.Position = StateOffset;
            if ((stream.ReadByte() & 1) != 0)
            {
                return;
            }
        }

        int code = RunTool("e2fsck", ["-p", "-f", image], out string output);
        if (code > 1)
        {
            throw new SandboxException(SandboxErrorId.StartFailed, $"The sandbox's file system is damaged: {output}", "Remove the sandbox and create it again.", image);
        }
    }

    private static void MakeTemplate(string template, long size)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(template)!);
        string temporary = $"{template}.{Guid.NewGuid():N}.tmp";
        try
        {
            using (FileStream stream = File.Create(temporary))
            {
                stream.SetLength(size);
            }

            int code = RunTool("mkfs.ext4", ["-q", "-F", "-m", "0", "-O", "^has_journal,^resize_inode", "-E", "lazy_itable_init=1,nodiscard", temporary], out string output);
            if (code != 0)
            {
                throw new SandboxException(SandboxErrorId.StartFailed, $"mkfs.ext4 failed: {output}", "Check the disk, and DiskLimit.", template);
            }

            File.Move(temporary, template, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    private static int RunTool(string program, string[] arguments, out string output)
    {
        string path = s_toolFolders.Select(d => Path.Combine(d, program)).FirstOrDefault(File.Exists)
            ?? throw new SandboxException(SandboxErrorId.BackendNotAvailable, $"{program} is missing.", "Install e2fsprogs: apt-get install e2fsprogs", program);
        using var process = Process.Start(new ProcessStartInfo(path, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var text = new StringBuilder();
        process.OutputDataReceived += (_, e) => Append(text, e.Data);
        process.ErrorDataReceived += (_, e) => Append(text, e.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        process.WaitForExit();
        output = text.ToString().Trim();
        return process.ExitCode;
    }

    private static void Append(StringBuilder text, string? line)
    {
        lock (text)
        {
            text.AppendLine(line);
        }
    }
}
