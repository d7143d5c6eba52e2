using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using AgentSandbox.Backends.Linux.Native;

namespace AgentSandbox.Isolation.Canaries;

/// <summary>
/// A segment of System V shared memory with a secret in it, open to every user. The kernel keeps such memory when its maker is killed, so each run removes
/// what an earlier one left: segments with this product's keys and text, whose maker is gone and to which nobody is attached.
/// </summary>
internal sealed unsafe class CanaryMemory : IDisposable
{
    /// <summary>The text begins with this and ends with the secret.</summary>
    public const string Prefix = "agentsandbox-canary-";

    private const int Size = 4096;
    private const int KeyMark = 0x4153_0000; // "AS"
    private const int Create = 0x3B6; // IPC_CREAT 01000 | rw-rw-rw-
    private const int Exclusive = 0x400; // IPC_EXCL
    private const int Remove = 0; // IPC_RMID
    private const int Attempts = 100;
    private const int Exists = 17; // EEXIST
    private const int NotImplemented = 38; // ENOSYS

    private readonly int _id;
    private readonly nint _address;

    private CanaryMemory(int key, int id, nint address)
    {
        Key = key;
        _id = id;
        _address = address;
    }

    /// <summary>Its key.</summary>
    public int Key { get; }

    /// <summary>What the text ends with.</summary>
    public string Secret { get; } = HostCanaries.NewSecret();

    /// <summary>Plants.</summary>
    /// <returns>The segment.</returns>
    /// <exception cref="ProbeFailedException">The kernel gives none.</exception>
    public static CanaryMemory Plant()
    {
        Sweep();
        for (int i = 0; ; i++)
        {
            int key = KeyMark | RandomNumberGenerator.GetInt32(1, 0x1_0000);
            int id = Libc.ShmGet(key, Size, Create | Exclusive);
            int error = System.Runtime.InteropServices.Marshal.GetLastPInvokeError();
            if (id < 0 && error == Exists && i < Attempts)
            {
                continue;
            }

            nint address = id < 0 ? -1 : Libc.ShmAt(id, null, 0);
            if (address == -1)
            {
                Discard(id);
                throw new ProbeFailedException(string.Create(CultureInfo.InvariantCulture, $"The kernel gives no shared memory ({(error == NotImplemented ? "it has none" : $"errno {error}")})."));
            }

            var memory = new CanaryMemory(key, id, address);
            Encoding.ASCII.GetBytes(Prefix + memory.Secret + '\0', new Span<byte>((void*)address, Size));
            return memory;
        }
    }

    /// <summary>Checks that it is as it was planted.</summary>
    /// <exception cref="ProbeFailedException">It is not.</exception>
    public void Verify()
    {
        if (Libc.ShmGet(Key, 0, 0) != _id || Text(_address) != Prefix + Secret)
        {
            throw new ProbeFailedException("The canary's shared memory was changed or removed.");
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Discard(_id);
        _ = Libc.ShmDt((void*)_address);
    }

    private static void Sweep()
    {
        const string List = "/proc/sysvipc/shm";
        foreach (string line in File.Exists(List) ? File.ReadLines(List).Skip(1) : [])
        {
            // key shmid perms size cpid lpid nattch ...: sysvipc(7)
            string[] fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (fields.Length < 7 || !int.TryParse(fields[0], CultureInfo.InvariantCulture, out int key) || (key & ~0xFFFF) != KeyMark || fields[3] != "4096" || fields[6] != "0" || Directory.Exists("/proc/" + fields[4]))
            {
                continue;
            }

            int id = int.Parse(fields[1], CultureInfo.InvariantCulture);
            nint address = Libc.ShmAt(id, null, 0);
            if (address != -1)
            {
                if (Text(address).StartsWith(Prefix, StringComparison.Ordinal))
                {
                    Discard(id);
                }

                _ = Libc.ShmDt((void*)address);
            }
        }
    }

    private static string Text(nint address)
    {
        var bytes = new ReadOnlySpan<byte>((void*)address, Size);
        return Encoding.ASCII.GetString(bytes[..Math.Max(bytes.IndexOf((byte)0), 0)]);
    }

    private static void Discard(int id)
    {
        if (id >= 0)
        {
            _ = Libc.ShmCtl(id, Remove, null);
        }
    }
}
