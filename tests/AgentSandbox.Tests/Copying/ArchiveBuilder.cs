using System.Text;

namespace AgentSandbox.Tests.Copying;

/// <summary>Writes archives that no honest program writes, field by field, without the product's own writer.</summary>
internal sealed class ArchiveBuilder
{
    private readonly List<byte> _bytes = [];

    public ArchiveBuilder Folder(string path, string mode = "0000755") => Entry('5', path, mode: mode);

    public ArchiveBuilder File(string path, string content = "content", string mode = "0000644") => Entry('0', path, Encoding.UTF8.GetBytes(content), mode: mode);

    public ArchiveBuilder Link(string path, string target) => Entry('2', path, target: target);

    public ArchiveBuilder HardLink(string path, string target) => Entry('1', path, target: target);

    public ArchiveBuilder Pax(params (string Key, string Value)[] records) => Entry('x', "pax", Encoding.Latin1.GetBytes(string.Concat(records.Select(r => Record(r.Key, r.Value)))));

    public ArchiveBuilder Global(params (string Key, string Value)[] records) => Entry('g', "pax", Encoding.Latin1.GetBytes(string.Concat(records.Select(r => Record(r.Key, r.Value)))));

    /// <param name="type">Type flag.</param>
    /// <param name="path">Written as Latin-1, so that any byte can be said; cut to 100.</param>
    /// <param name="content">Content, padded.</param>
    /// <param name="target">Link target.</param>
    /// <param name="size">Raw size field; that of the content when null.</param>
    /// <param name="mode">Raw mode field.</param>
    /// <param name="user">Raw user field.</param>
    public ArchiveBuilder Entry(char type, string path, byte[]? content = null, string target = "", byte[]? size = null, string mode = "0000644", string user = "0000000")
    {
        byte[] block = new byte[512];
        Put(block, 0, path[..Math.Min(path.Length, 100)]);
        Put(block, 100, mode);
        Put(block, 108, user);
        Put(block, 116, "0000000");
        (size ?? Encoding.ASCII.GetBytes(Convert.ToString(content?.Length ?? 0, 8).PadLeft(11, '0'))).CopyTo(block, 124);
        Put(block, 136, "00000000000");
        block[156] = (byte)type;
        Put(block, 157, target[..Math.Min(target.Length, 100)]);
        Put(block, 257, "ustar\0");
        Put(block, 263, "00");
        Put(block, 148, "        ");
        Put(block, 148, Convert.ToString(block.Sum(static b => b), 8).PadLeft(6, '0') + "\0 ");
        _bytes.AddRange(block);
        if (content is not null)
        {
            _bytes.AddRange(content);
            _bytes.AddRange(new byte[(512 - (content.Length % 512)) % 512]);
        }

        return this;
    }

    public ArchiveBuilder Raw(byte[] bytes)
    {
        _bytes.AddRange(bytes);
        return this;
    }

    /// <summary>The archive so far, without its end mark.</summary>
    public byte[] Unfinished() => _bytes.ToArray();

    public byte[] Finish() => [.. _bytes.ToArray(), .. new byte[1024]];

    private static string Record(string key, string value)
    {
        int length = key.Length + value.Length + 3;
        string text;
        do
        {
            text = $"{++length} {key}={value}\n";
        }
        while (text.Length != length);
        return text;
    }

    private static void Put(byte[] block, int at, string text) => Encoding.Latin1.GetBytes(text).CopyTo(block, at);
}
