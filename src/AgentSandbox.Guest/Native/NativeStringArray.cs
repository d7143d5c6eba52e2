using System.Runtime.InteropServices;
using System.Text;

namespace AgentSandbox.Guest.Native;

/// <summary>
/// A NULL-terminated array of NUL-terminated UTF-8 strings outside the managed heap, as execve(2) takes it. It exists before fork, so that
/// the child needs no memory of its own.
/// </summary>
internal sealed unsafe class NativeStringArray : IDisposable
{
    private byte** _pointers;

    /// <summary>Copies the strings.</summary>
    /// <param name="strings">None contains NUL; the caller has checked.</param>
    /// <param name="freeSlots">Entries left NULL in front of the first string.</param>
    public NativeStringArray(IReadOnlyList<string> strings, int freeSlots = 0)
    {
        nuint size = (nuint)(freeSlots + strings.Count + 1) * (nuint)sizeof(byte*);
        nuint total = size;
        for (int i = 0; i < strings.Count; i++)
        {
            total += (nuint)Encoding.UTF8.GetByteCount(strings[i]) + 1;
        }

        byte* block = (byte*)NativeMemory.Alloc(total);
        new Span<byte>(block, checked((int)size)).Clear();
        _pointers = (byte**)block;
        byte* next = block + size;
        byte* end = block + total;
        for (int i = 0; i < strings.Count; i++)
        {
            _pointers[freeSlots + i] = next;
            int written = Encoding.UTF8.GetBytes(strings[i], new Span<byte>(next, (int)(end - next)));
            next[written] = 0;
            next += written + 1;
        }
    }

    /// <summary>The array; free slots first.</summary>
    public byte** Pointers => _pointers;

    /// <inheritdoc/>
    public void Dispose()
    {
        NativeMemory.Free(_pointers);
        _pointers = null;
    }
}
