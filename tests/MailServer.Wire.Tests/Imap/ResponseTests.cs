using System.Buffers;
using System.Text;
using MailServer.Wire.Imap;

namespace MailServer.Wire.Tests.Imap;

/// <summary>What is written, octet for octet.</summary>
public sealed class ResponseTests(ITestOutputHelper output)
{
    private delegate void Writing(ref ResponseWriter writer);

    [Theory]
    [InlineData("", "\"\"")]
    [InlineData("abc", "\"abc\"")]
    [InlineData("a\"b\\", "\"a\\\"b\\\\\"")]
    [InlineData("a\r\n", "{3}\r\na\r\n")]
    [InlineData("\u00e4", "{1}\r\n\u00e4")]
    public void Strings_are_quoted_where_quotes_can_hold_them(string text, string expected) =>
        Assert.Equal(expected, Write((ref writer) => writer.Text(Encoding.Latin1.GetBytes(text))));

    [Theory]
    [InlineData("INBOX", "INBOX")]
    [InlineData("a]b", "a]b")]
    [InlineData("nil", "\"nil\"")]
    [InlineData("", "\"\"")]
    [InlineData("a b", "\"a b\"")]
    [InlineData("a*", "\"a*\"")]
    public void Names_are_atoms_where_atoms_can_hold_them(string text, string expected) =>
        Assert.Equal(expected, Write((ref writer) => writer.AString(Encoding.ASCII.GetBytes(text))));

    [Fact]
    public void Long_texts_are_literals_and_survive_any_buffer()
    {
        var text = new string('x', 5_000);
        Assert.Equal("{5000}\r\n" + text, Write((ref writer) => writer.Text(Encoding.ASCII.GetBytes(text))));
    }

    [Theory]
    [InlineData(FlagBits.None, false, "()")]
    [InlineData(FlagBits.Seen, false, "(\\Seen $a B)", "$a", "B")]
    [InlineData(FlagBits.Seen | FlagBits.Answered | FlagBits.Deleted | FlagBits.Draft | FlagBits.Flagged, true, "(\\Answered \\Flagged \\Deleted \\Seen \\Draft \\Recent)")]
    [InlineData(FlagBits.None, false, "(x)", "x")]
    public void Flags(FlagBits system, bool recent, string expected, params string[] keywords) =>
        Assert.Equal(expected, Write((ref writer) => writer.Flags(system, keywords, recent)));

    [Theory]
    [InlineData("2026-11-24T06:07:08+01:00", "\"24-Nov-2026 06:07:08 +0100\"")]
    [InlineData("1999-01-02T23:59:59-03:30", "\" 2-Jan-1999 23:59:59 -0330\"")]
    public void Dates(string time, string expected) =>
        Assert.Equal(expected, Write((ref writer) => writer.DateTime(DateTimeOffset.Parse(time, System.Globalization.CultureInfo.InvariantCulture))));

    [Theory]
    [InlineData("BODY[]")]
    [InlineData("BODY[1.2]")]
    [InlineData("BODY[HEADER]")]
    [InlineData("BODY[1.MIME]")]
    [InlineData("BODY[3.HEADER.FIELDS (A B)]<5>")]
    [InlineData("BODY[TEXT]<0>")]
    public void Sections_are_written_as_they_are_read(string text)
    {
        var request = "a FETCH 1 " + text.Replace(">", ".9>", StringComparison.Ordinal);
        RequestParser.Parse(Encoding.ASCII.GetBytes(request), out var parsed);
        var item = Assert.IsType<ImapRequest.Fetch>(parsed).Items[0];
        Assert.Equal(text, Write((ref writer) => writer.Section(item.Section!, item.Partial?.Offset)));
    }

    [Theory]
    [InlineData(new uint[] { }, "")]
    [InlineData(new uint[] { 5 }, "5")]
    [InlineData(new uint[] { 1, 2, 3 }, "1:3")]
    [InlineData(new uint[] { 3, 2, 1 }, "3,2,1")]
    [InlineData(new uint[] { 4294967293, 4294967294, 7, 9, 10 }, "4294967293:4294967294,7,9:10")]
    public void Sets_keep_their_order(uint[] numbers, string expected)
    {
        var buffer = new ArrayBufferWriter<byte>();
        SequenceSet.Write(buffer, numbers);
        Assert.Equal(expected, Encoding.ASCII.GetString(buffer.WrittenSpan));
    }

    [Theory]
    [InlineData("*", "INBOX", true)]
    [InlineData("%", "INBOX", true)]
    [InlineData("%", "a/b", false)]
    [InlineData("a/%", "a/b", true)]
    [InlineData("a/%", "a/b/c", false)]
    [InlineData("a/*", "a/b/c", true)]
    [InlineData("*b*", "a/b/c", true)]
    [InlineData("%/%", "a/b", true)]
    [InlineData("a", "ab", false)]
    [InlineData("", "a", false)]
    [InlineData("a%c", "abc", true)]
    [InlineData("a%c", "a/c", false)]
    [InlineData("%%", "a", true)]
    [InlineData("*%", "a/b", true)]
    public void Patterns(string pattern, string name, bool matches) => Assert.Equal(matches, MailboxPattern.Matches(pattern, name));

    [Fact]
    public void A_pattern_of_many_stars_takes_no_longer_than_its_length() =>
        Assert.False(MailboxPattern.Matches(string.Concat(Enumerable.Repeat("*a", 5_000)), new string('a', 4_000) + "b"));

    [Theory]
    [InlineData("A: 1\r\nB: 2\r\nC: 3\r\n\r\n", "B: 2\r\n\r\n", false, "b")]
    [InlineData("A: 1\r\nB: 2\r\n 22\r\nC: 3\r\n\r\n", "B: 2\r\n 22\r\nC: 3\r\n\r\n", false, "B", "C")]
    [InlineData("A: 1\r\nB: 2\r\n 22\r\nC: 3\r\n\r\n", "A: 1\r\nC: 3\r\n\r\n", true, "B")]
    [InlineData("A: 1\r\n", "A: 1\r\n", false, "A")]
    [InlineData("A: 1", "A: 1", false, "A")]
    [InlineData("A\r\nA : 1\r\n\r\nA: 2\r\n", "A : 1\r\n\r\n", false, "A")]
    [InlineData("\r\nA: 1\r\n", "\r\n", false, "A")]
    [InlineData(" folded\r\nA: 1\r\n\r\n", "A: 1\r\n\r\n", false, "A")]
    public void Fields_of_a_header(string header, string expected, bool isNot, params string[] names)
    {
        var octets = Encoding.ASCII.GetBytes(header);
        Assert.Equal(expected, Filter(octets, names, isNot, octets.Length));
        Assert.Equal(expected, Filter(octets, names, isNot, 1));
    }

    [Fact]
    public void Any_header_gives_the_same_fields_in_any_split()
    {
        var seed = Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        for (var i = 0; i < 5_000; i++)
        {
            var octets = Mutator.Change(random, Encoding.ASCII.GetBytes("Ab: 1\r\nB: 2\r\n 22\r\n\tx\r\nC: 3\r\n\r\n"));
            Assert.Equal(Filter(octets, ["Ab", "C"], i % 2 == 0, octets.Length), Filter(octets, ["Ab", "C"], i % 2 == 0, 1));
        }
    }

    [Fact]
    public void Flags_of_a_message_are_written_without_an_allocation()
    {
        var buffer = new ArrayBufferWriter<byte>(64 << 10);
        string[] keywords = ["$Label1"];
        WriteFlags(buffer, keywords);
        buffer.ResetWrittenCount();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1_000; i++)
        {
            WriteFlags(buffer, keywords);
            buffer.ResetWrittenCount();
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Theory]
    [InlineData("a1 UID FETCH 1:* (UID FLAGS)", 300)]
    [InlineData("a1 UID STORE 4711,4713:4720 +FLAGS.SILENT (\\Seen $Label1)", 600)]
    [InlineData("a1 NOOP", 100)]
    public void A_command_costs_no_more_than_its_values(string line, long budget)
    {
        var octets = Encoding.ASCII.GetBytes(line);
        RequestParser.Parse(octets, out _);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++)
            RequestParser.Parse(octets, out _);
        Assert.InRange((GC.GetAllocatedBytesForCurrentThread() - before) / 100, 0, budget);
    }

    private static void WriteFlags(ArrayBufferWriter<byte> buffer, string[] keywords)
    {
        var writer = new ResponseWriter(buffer);
        writer.Raw("* "u8);
        writer.Number(123_456);
        writer.Raw(" FETCH (FLAGS "u8);
        writer.Flags(FlagBits.Seen | FlagBits.Draft, keywords, isRecent: true);
        writer.Raw(")\r\n"u8);
        writer.Commit();
    }

    private static string Filter(byte[] octets, string[] names, bool isNot, int piece)
    {
        var filter = new HeaderFieldFilter([.. names.Select(name => (ReadOnlyMemory<byte>)Encoding.ASCII.GetBytes(name))], isNot);
        for (var at = 0; at < octets.Length; at += piece)
            filter.Add(octets.AsSpan(at, Math.Min(piece, octets.Length - at)));
        filter.Finish();
        return string.Concat(filter.Kept.Select(kept => Encoding.Latin1.GetString(octets, (int)kept.Offset, (int)kept.Length)));
    }

    private static string Write(Writing write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        var writer = new ResponseWriter(buffer);
        write(ref writer);
        writer.Commit();
        return Encoding.Latin1.GetString(buffer.WrittenSpan);
    }
}
