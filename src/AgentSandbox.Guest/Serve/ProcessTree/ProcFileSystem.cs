using System.Buffers.Text;
using System.Runtime.InteropServices;
using AgentSandbox.Guest.Native;

namespace AgentSandbox.Guest.Serve.ProcessTree;

/// <summary>What proc(5) says of one process.</summary>
/// <param name="Pid">Its id.</param>
/// <param name="Parent">Parent's id.</param>
/// <param name="Group">Process group.</param>
/// <param name="Session">Session.</param>
/// <param name="IsDead">A zombie, or on its way.</param>
/// <param name="StartTime">When it started, in clock ticks; with the id this names a process for good.</param>
/// <param name="Marker">The hard limit that <see cref="TreeMarker"/> uses; 0 when it can't be read.</param>
internal readonly record struct ProcessEntry(int Pid, int Parent, int Group, int Session, bool IsDead, ulong StartTime, ulong Marker);

/// <summary>
/// Reads /proc through a descriptor that was opened before the first command ran, so that nothing which a command mounts or links there is
/// ever believed. Allocates nothing: it has to work while the sandbox is out of memory and processes.
/// </summary>
internal sealed unsafe class ProcFileSystem
{
    private readonly byte* _buffer = (byte*)NativeMemory.Alloc(BufferSize);
    private const int BufferSize = 16 * 1024;
    private readonly int _root;

    private ProcFileSystem(int root) => _root = root;

    /// <summary>The limit that is read as <see cref="ProcessEntry.Marker"/>.</summary>
    public int MarkerResource { get; set; } = Os.RLIMIT_RTTIME;

    /// <summary>Opens /proc; null when there is none, or one of another process namespace, whose numbers would be other processes.</summary>
    public static ProcFileSystem? Open()
    {
        int fd = FileDescriptor.Open("/proc", Os.O_RDONLY | Os.O_DIRECTORY);
        if (fd < 0)
        {
            return null;
        }

        byte* buffer = stackalloc byte[256];
        if (Libc.FstatFs(fd, buffer) == 0 && *(long*)buffer == Os.PROC_SUPER_MAGIC)
        {
            fixed (byte* self = "self\0"u8)
            {
                nint n = Libc.ReadLinkAt(fd, self, buffer, 255);
                if (n > 0 && Utf8Parser.TryParse(new ReadOnlySpan<byte>(buffer, (int)n), out int pid, out _) && pid == Libc.GetPid())
                {
                    return new ProcFileSystem(fd);
                }
            }
        }

        FileDescriptor.Close(ref fd);
        return null;
    }

    /// <summary>Reads the whole process table.</summary>
    /// <param name="target">Is cleared and filled.</param>
    public void ReadAll(List<ProcessEntry> target)
    {
        target.Clear();
        _ = Libc.Lseek(_root, 0, Os.SEEK_SET);
        while (true)
        {
            nint length = Libc.Syscall(Os.SYS_getdents64, _root, (nint)_buffer, BufferSize / 2, 0, 0);
            if (length <= 0)
            {
                return;
            }

            // struct linux_dirent64, getdents64(2): d_reclen at 16, d_name at 19.
            for (nint offset = 0; offset < length; offset += *(ushort*)(_buffer + offset + 16))
            {
                ReadOnlySpan<byte> name = MemoryMarshal.CreateReadOnlySpanFromNullTerminated(_buffer + offset + 19);
                if (Utf8Parser.TryParse(name, out int pid, out int used) && used == name.Length && TryRead(pid, out ProcessEntry entry))
                {
                    target.Add(entry);
                }
            }
        }
    }

    /// <summary>Reads one process; false when it is gone.</summary>
    public bool TryRead(int pid, out ProcessEntry entry)
    {
        entry = default;
        ReadOnlySpan<byte> stat = ReadFile(pid, "/stat"u8);
        // proc_pid_stat(5): "pid (comm) state ppid pgrp session ...", where comm may contain anything, so from the last parenthesis on.
        int close = stat.LastIndexOf((byte)')');
        if (close < 0 || close + 4 > stat.Length)
        {
            return false;
        }

        bool isDead = stat[close + 2] is (byte)'Z' or (byte)'X' or (byte)'x';
        stat = stat[(close + 4)..];
        if (!NextNumber(ref stat, out int parent) || !NextNumber(ref stat, out int group) || !NextNumber(ref stat, out int session))
        {
            return false;
        }

        const int FieldsUntilStartTime = 15;
        for (int i = 0; i < FieldsUntilStartTime; i++)
        {
            stat = stat.TrimStart((byte)' ');
            int space = stat.IndexOf((byte)' ');
            stat = space < 0 ? [] : stat[space..];
        }

        if (!NextNumber(ref stat, out ulong startTime))
        {
            return false;
        }

        entry = new ProcessEntry(pid, parent, group, session, isDead, startTime, isDead ? 0 : ReadMarker(pid));
        return true;
    }

    /// <summary>Reads the name of a process's main thread; returns its length, 0 when the process is gone.</summary>
    public int ReadName(int pid, Span<byte> target)
    {
        ReadOnlySpan<byte> name = ReadFile(pid, "/comm"u8);
        name = name.TrimEnd((byte)'\n')[..Math.Min(name.TrimEnd((byte)'\n').Length, target.Length)];
        name.CopyTo(target);
        return name.Length;
    }

    private ulong ReadMarker(int pid)
    {
        ResourceLimit limit;
        if (Libc.PrLimit(pid, MarkerResource, null, &limit) == 0)
        {
            return limit.Hard;
        }

        // prlimit(2) asks for the same user; the file may be read by everyone.
        ReadOnlySpan<byte> limits = ReadFile(pid, "/limits"u8);
        ReadOnlySpan<byte> title = MarkerResource == Os.RLIMIT_RTTIME ? "Max realtime timeout"u8 : "Max file size"u8;
        int line = limits.IndexOf(title);
        if (line < 0)
        {
            return 0;
        }

        ReadOnlySpan<byte> rest = limits[(line + title.Length)..];
        return NextNumber(ref rest, out ulong _) && NextNumber(ref rest, out ulong hard) ? hard : 0;
    }

    /// <summary>Reads a small file of a process into the second half of the buffer.</summary>
    private ReadOnlySpan<byte> ReadFile(int pid, ReadOnlySpan<byte> name)
    {
        Span<byte> path = stackalloc byte[32];
        path.Clear();
        _ = Utf8Formatter.TryFormat(pid, path, out int written);
        name.CopyTo(path[written..]);
        fixed (byte* p = path)
        {
            int fd = Libc.OpenAt(_root, p, Os.O_RDONLY | Os.O_CLOEXEC, 0);
            if (fd < 0)
            {
                return [];
            }

            byte* half = _buffer + (BufferSize / 2);
            nint n = Libc.Read(fd, half, BufferSize / 2);
            FileDescriptor.Close(ref fd);
            return n > 0 ? new ReadOnlySpan<byte>(half, (int)n) : [];
        }
    }

    private static bool NextNumber(ref ReadOnlySpan<byte> text, out int value)
    {
        text = text.TrimStart((byte)' ');
        bool found = Utf8Parser.TryParse(text, out value, out int used);
        text = text[used..];
        return found;
    }

    private static bool NextNumber(ref ReadOnlySpan<byte> text, out ulong value)
    {
        text = text.TrimStart((byte)' ');
        bool found = Utf8Parser.TryParse(text, out value, out int used);
        text = text[used..];
        return found;
    }
}
