using System.Text;
using AgentSandbox.Copying.Archive;

namespace AgentSandbox.Tests.Copying;

/// <summary>The form of an archive: what is damaged, what lies, what is only meant to use the reader up.</summary>
public sealed class TarReaderTests
{
    private static byte[] Honest => new ArchiveBuilder().Folder("item").Pax(("path", "item/" + new string('n', 200))).File("short", new string('x', 1500)).Link("item/l", "x").Finish();

    [Fact]
    public void Every_truncation_is_noticed()
    {
        byte[] archive = Honest;
        Assert.Equal(3, ReadAll(archive));

        // The last block is the second of the end mark, which nobody needs.
        for (int length = 0; length < archive.Length - 512; length += 37)
        {
            ArchiveException e = Assert.Throws<ArchiveException>(() => ReadAll(archive[..length]));
            Assert.Equal(ArchiveFault.Damaged, e.Fault);
        }
    }

    [Fact]
    public void What_is_no_archive_is_damaged()
    {
        Assert.Equal(ArchiveFault.Damaged, Fault(Encoding.ASCII.GetBytes(new string('#', 4096))));
        Assert.Equal(ArchiveFault.Damaged, Fault([]));
    }

    [Theory]
    [InlineData(0x80)]
    [InlineData(0xff)]
    [InlineData(0xc0)]
    public void A_binary_size_beyond_64_bits_or_below_zero_is_damaged(byte first) =>
        Assert.Equal(ArchiveFault.Damaged, Fault(new ArchiveBuilder().Entry('0', "item", size: [first, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]).Finish()));

    [Fact]
    public void A_binary_size_that_fits_is_read()
    {
        byte[] archive = new ArchiveBuilder().Entry('0', "item", size: [0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3]).Raw([.. "abc"u8, .. new byte[509]]).Finish();
        TarEntry entry = new TarStreamReader(new MemoryStream(archive)).Next()!;
        Assert.Equal(3, entry.Size);
    }

    [Theory]
    [InlineData("path")]
    [InlineData("nine path=x\n")]
    [InlineData("-9 path=x\n")]
    [InlineData("999999999 path=x\n")]
    [InlineData("99999999999999999999 path=x\n")]
    [InlineData("10 path=xyz\n")]
    [InlineData("6 =xy\n")]
    [InlineData("9 size=x\n")]
    public void An_extended_header_of_no_valid_form_is_damaged(string records) =>
        Assert.Equal(ArchiveFault.Damaged, Fault(new ArchiveBuilder().Entry('x', "pax", Encoding.ASCII.GetBytes(records)).File("item").Finish()));

    [Fact]
    public void An_extended_header_can_not_take_memory_as_it_likes() =>
        Assert.Equal(ArchiveFault.Refused, Fault(new ArchiveBuilder().Entry('x', "pax", size: Encoding.ASCII.GetBytes("17777777777")).Unfinished()));

    [Fact]
    public void Extended_headers_without_end_are_refused()
    {
        ArchiveBuilder row = new();
        ArchiveBuilder global = new();
        for (int i = 0; i < 100; i++)
        {
            row.Pax(("comment", "x"));
            global.Global(("comment", "x")).Folder("item");
        }

        Assert.Equal(ArchiveFault.Refused, Fault(row.Finish()));
        Assert.Equal(ArchiveFault.Refused, Fault(global.Finish()));
    }

    [Theory]
    [InlineData("path", "item/../..")]
    [InlineData("linkpath", "/etc/passwd")]
    [InlineData("size", "512")]
    public void A_global_header_that_changes_every_entry_is_refused(string key, string value) =>
        Assert.Equal(ArchiveFault.Refused, Fault(new ArchiveBuilder().Global((key, value)).File("item").Finish()));

    [Theory]
    [InlineData('S')]
    [InlineData('M')]
    [InlineData('D')]
    [InlineData('Z')]
    [InlineData('N')]
    public void An_unknown_or_sparse_entry_is_refused(char type) => Assert.Equal(ArchiveFault.Refused, Fault(new ArchiveBuilder().Entry(type, "item").Finish()));

    [Fact]
    public void A_sparse_file_in_extended_form_is_refused() =>
        Assert.Equal(ArchiveFault.Refused, Fault(new ArchiveBuilder().Pax(("GNU.sparse.major", "1")).File("item").Finish()));

    [Theory]
    [InlineData('1')]
    [InlineData('2')]
    [InlineData('5')]
    public void A_link_or_folder_with_content_is_refused_since_readers_disagree_on_it(char type) =>
        Assert.Equal(ArchiveFault.Refused, Fault(new ArchiveBuilder().Entry(type, "item", new byte[512], target: "x").Finish()));

    [Fact]
    public void A_size_in_an_extended_header_wins_and_a_lying_one_is_caught()
    {
        // 1 TiB is promised, 512 bytes come.
        byte[] archive = new ArchiveBuilder().Pax(("size", "1099511627776")).File("item").Finish();
        Assert.Equal(ArchiveFault.Damaged, Fault(archive));

        // Less is promised than comes: the rest is taken for a header, and is none.
        archive = new ArchiveBuilder().Pax(("size", "1")).File("item", new string('x', 600)).Finish();
        Assert.Equal(ArchiveFault.Damaged, Fault(archive));
    }

    [Fact]
    public void Random_damage_is_an_archive_or_an_archive_error_and_nothing_else()
    {
        Random random = new(20240707);
        byte[] honest = Honest;
        for (int i = 0; i < 20_000; i++)
        {
            byte[] archive = [.. honest];
            for (int n = random.Next(1, 12); n > 0; n--)
            {
                // Half of the time with a sum that fits, or nothing behind the sum is ever tried.
                int at = random.Next(archive.Length);
                archive[at] = (byte)random.Next(256);
                if (random.Next(2) == 0)
                {
                    Resum(archive, at / 512 * 512);
                }
            }

            try
            {
                ReadAll(archive);
            }
            catch (ArchiveException e)
            {
                Assert.DoesNotContain(e.Message, char.IsControl);
            }
        }
    }

    private static void Resum(byte[] archive, int block)
    {
        archive.AsSpan(block + 148, 8).Fill((byte)' ');
        Encoding.ASCII.GetBytes(Convert.ToString(archive.AsSpan(block, 512).ToArray().Sum(static b => b), 8).PadLeft(6, '0') + "\0 ").CopyTo(archive, block + 148);
    }

    private static ArchiveFault Fault(byte[] archive) => Assert.Throws<ArchiveException>(() => ReadAll(archive)).Fault;

    private static int ReadAll(byte[] archive)
    {
        TarStreamReader reader = new(new MemoryStream(archive));
        byte[] buffer = new byte[100];
        int count = 0;
        while (reader.Next() is not null)
        {
            count++;
            while (reader.Read(buffer) > 0)
            {
            }
        }

        return count;
    }
}
