using System.Buffers;
using System.Globalization;
using System.Text;
using MailServer.TestKit;

namespace MailServer.Storage.Tests;

/// <summary>What of an mbox is a message, and what the program that wrote it has added.</summary>
public sealed class MboxTests : IDisposable
{
    private const string From = "From a@example.org Mon Jan  1 10:00:00 2024\n";

    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("From a@example.org Mon Jan  1 10:00:00 2024", "2024-01-01T10:00:00Z")]
    [InlineData("From a@example.org Mon Jan 01 10:00 2024", "2024-01-01T10:00:00Z")]
    [InlineData("From a@example.org Mon Jan  1 10:00:00 CET 2024", "2024-01-01T10:00:00Z")]
    [InlineData("From a@example.org Mon Jan  1 10:00:00 PST 2024", "2024-01-01T18:00:00Z")]
    [InlineData("From a@example.org Mon Jan  1 10:00:00 2024 +0200", "2024-01-01T08:00:00Z")]
    [InlineData("From a@example.org Mon Jan  1 10:00:00 2024 remote from host", "2024-01-01T10:00:00Z")]
    [InlineData("From a@example.org  Mon, 1 Jan 2024 10:00:00 -0330", "2024-01-01T13:30:00Z")]
    [InlineData("From \"a Mon b\"@example.org Mon Jan  1 10:00:00 2024", "2024-01-01T10:00:00Z")]
    [InlineData("From - Mon Jan  1 10:00:00 2024", "2024-01-01T10:00:00Z")]
    [InlineData("From - ", "")]
    [InlineData("From ", "")]
    [InlineData("From a@example.org", "")]
    [InlineData("From here on, Mon is free", null)]
    [InlineData("From Monday to Sunday", null)]
    [InlineData("From a@example.org Mon Feb 30 10:00:00 2024", null)]
    [InlineData("From a@example.org Mon Jan  1 25:00:00 2024", null)]
    [InlineData("From a@example.org Mon Jan  1 10:00:00", null)]
    [InlineData("from a@example.org Mon Jan  1 10:00:00 2024", null)]
    [InlineData("From: a@example.org", null)]
    public void Reads_From_lines(string line, string? date)
    {
        Assert.Equal(date is not null, FromLine.TryParse(Encoding.Latin1.GetBytes(line), out var read));
        Assert.Equal(date is "" or null ? null : DateTimeOffset.Parse(date, CultureInfo.InvariantCulture), read.Date);
    }

    [Fact]
    public void Writes_From_lines_that_it_reads()
    {
        var date = new DateTimeOffset(2024, 2, 29, 23, 59, 58, TimeSpan.Zero);
        var line = FromLine.Format(date);
        Assert.Equal("From MAILER-DAEMON Thu Feb 29 23:59:58 2024\n", Encoding.ASCII.GetString(line));
        Assert.True(FromLine.TryParse(line.AsSpan()[..^1], out var read));
        Assert.Equal(date, read.Date);
    }

    /// <summary>The mbox, and its messages with <c>|</c> between.</summary>
    [Theory]
    [InlineData("", "")]
    [InlineData("\n\n", "")]
    [InlineData(From + "Subject: x\n\nbody\n\n", "Subject: x\n\nbody\n")]
    [InlineData("\n\n" + From + "Subject: x\n\nbody\n\n", "Subject: x\n\nbody\n")]
    [InlineData("\u00EF\u00BB\u00BF" + From + "Subject: x\n\nbody\n\n", "Subject: x\n\nbody\n")]
    [InlineData(From + "Subject: x\n\nbody\n", "Subject: x\n\nbody\n")] // no empty line at the end
    [InlineData(From + "Subject: x\n\nbody", "Subject: x\n\nbody")] // broken off
    [InlineData(From + "Subj", From + "Subj")] // no header field: kept as it is
    [InlineData(From, "|")]
    [InlineData(From + "\n", "|")]
    [InlineData(From + "\n" + From + "\n", "||")] // two empty messages
    [InlineData(From + "Subject: x\n\n\n\n" + From + "Subject: y\n\n", "Subject: x\n\n\n|Subject: y\n")]
    [InlineData(From + "Subject: x\n\nbody\n" + From + "Subject: y\n\nbody\n", "Subject: x\n\nbody\n|Subject: y\n\nbody\n")] // nothing between
    [InlineData(From + "Subject: x\n\n>From me\n>>From you\n> From us\n\n", "Subject: x\n\nFrom me\n>From you\n> From us\n")]
    [InlineData("no From_ line\n\nbody\n\n" + From + "Subject: y\n\nb\n\n", "no From_ line\n\nbody\n|Subject: y\n\nb\n")]
    // mboxo's doubt: what has no date, or no header behind it, is text
    [InlineData(From + "Subject: x\n\na\n\nFrom here on\nit is: text\n\n", "Subject: x\n\na\n\nFrom here on\nit is: text\n")]
    [InlineData(From + "Subject: x\n\na\n\nFrom a@example.org\nno header\n\n", "Subject: x\n\na\n\nFrom a@example.org\nno header\n")]
    [InlineData(From + "Subject: x\n\na\n\n" + From + "no header\n\n", "Subject: x\n\na\n\n" + From + "no header\n")]
    [InlineData(From + "Subject: x\n\na\nFrom - \nSubject: y\n\n", "Subject: x\n\na\nFrom - \nSubject: y\n")]
    [InlineData("From - \nSubject: x\n\na\n\nFrom - \nSubject: y\n\n", "Subject: x\n\na\n|Subject: y\n")]
    // a counted body
    [InlineData(From + "Content-Length: 4\nA: x\n\nabc\n\n" + From + "A: y\n\n", "A: x\n\nabc\n|A: y\n")]
    [InlineData(From + "A: x\nContent-Length: 52\n\n" + From + "A: z\n\nb\n\n" + From + "A: y\n\n", "A: x\n\n" + From + "A: z\n\nb\n|A: y\n")]
    [InlineData(From + "A: x\nContent-Length: 6\n\n>From \n" + From + "A: y\n\n", "A: x\nContent-Length: 6\n\nFrom \n|A: y\n")] // counts wrongly
    [InlineData(From + "A: x\nContent-Length: 7\n\n>From \n\n" + From + "A: y\n\n", "A: x\n\nFrom \n|A: y\n")]
    [InlineData(From + "A: x\nContent-Length: 13\n\nFrom \n>From \n\n" + From + "A: y\n\n", "A: x\n\nFrom \n>From \n|A: y\n")] // nobody has quoted
    [InlineData(From + "A: x\nContent-Length: 9223372036854775807\n\nb\n\n" + From + "A: y\n\n", "A: x\nContent-Length: 9223372036854775807\n\nb\n|A: y\n")]
    [InlineData(From + "A: x\nContent-Length: 4000\n\nb\n\n", "A: x\nContent-Length: 4000\n\nb\n")]
    // fields of the mbox
    [InlineData(From + "A: x\nStatus: RO\nX-Keywords: a\n b\nX-UID: 4\n\nStatus: R\n\n", "A: x\n\nStatus: R\n")]
    [InlineData(From + "Status: O\nA: x\nStatus: own\n\n", "A: x\nStatus: own\n")]
    [InlineData(From + "Status: O\nX-Mailserver-Export: no-final-newline\nA: x\n\nend\n\n", "A: x\n\nend")]
    [InlineData(From + "Status: O\nX-Mailserver-Export: no-final-newline\nend\r\n\n", "end\r")]
    [InlineData(From + "Status: O\nX-Mailserver-Export: whole\nX-Status: own\n\n", "X-Status: own\n")]
    [InlineData(From + "A: x\nX-Mailserver-Export: whole\nX-Status: F\n\n", "A: x\n")]
    [InlineData(From + "Status: O\n>From x\n\n", "From x\n")]
    public void Takes_messages_out(string mbox, string messages)
    {
        var expected = messages.Length == 0 ? [] : messages == "|" ? [""] : messages == "||" ? ["", ""] : messages.Split('|');
        Assert.Equal(expected, Read(mbox).ConvertAll(message => message.Text));
        if (expected.Length != 0 && !mbox.Contains('\r', StringComparison.Ordinal) && !mbox.Contains("Content-Length", StringComparison.Ordinal)
            && !mbox.Contains("no-final-newline", StringComparison.Ordinal))
            Assert.Equal(expected.Select(text => text.ReplaceLineEndings("\r\n")), Read(mbox.ReplaceLineEndings("\r\n")).ConvertAll(message => message.Text));
    }

    [Theory]
    [InlineData("Status: RO", SystemFlags.Seen, "")]
    [InlineData("Status: O", SystemFlags.None, "")]
    [InlineData("Status: RO\nX-Status: AFDT", SystemFlags.Seen | SystemFlags.Answered | SystemFlags.Flagged | SystemFlags.Deleted | SystemFlags.Draft, "")]
    [InlineData("X-Keywords: a  b\t$Junk A", SystemFlags.None, "a b $Junk")]
    [InlineData("X-Keywords: bad(word good", SystemFlags.None, "good")]
    [InlineData("X-Mozilla-Status: 1007\nX-Mozilla-Status2: 00000000\nX-Mozilla-Keys: $label1       ", SystemFlags.Seen | SystemFlags.Answered | SystemFlags.Flagged, "$label1 $Forwarded")]
    [InlineData("X-Mozilla-Status: zzzz", SystemFlags.None, "")]
    public void Reads_flags(string fields, SystemFlags system, string keywords)
    {
        var (text, message) = Assert.Single(Read($"{From}{fields}\nSubject: x\n\nbody\n\n"));
        Assert.Equal("Subject: x\n\nbody\n", text);
        Assert.Equal(system, message.Flags.System);
        Assert.Equal(keywords.Split(' ', StringSplitOptions.RemoveEmptyEntries).Order(), message.Flags.Keywords.Order());
    }

    [Theory]
    [InlineData("From a@example.org Mon Jan  1 10:00:00 2024\nDate: Tue, 2 Jan 2024 10:00:00 +0000\n", "2024-01-01T10:00:00Z")]
    [InlineData("From - Mon Jan  1 10:00:00 2024\nDate: Tue, 2 Jan 2024 10:00:00 +0000\n", "2024-01-02T10:00:00Z")]
    [InlineData("From - Mon Jan  1 10:00:00 2024\nReceived: x;\n Wed, 3 Jan 2024 10:00:00 +0000\nDate: Tue, 2 Jan 2024 10:00:00 +0000\n", "2024-01-03T10:00:00Z")]
    [InlineData("From - Mon Jan  1 10:00:00 2024\nDate: none\n", "2024-01-01T10:00:00Z")]
    public void Dates_messages_by_the_line_or_else_the_header(string mbox, string date) =>
        Assert.Equal(DateTimeOffset.Parse(date, CultureInfo.InvariantCulture), Assert.Single(Read(mbox + "\nbody\n")).Message.Date);

    [Theory]
    [InlineData("X-Mozilla-Status: 0009\nSubject: x\n", "deleted in Thunderbird")]
    [InlineData("X-IMAP: 123 4\nSubject: DON'T DELETE THIS MESSAGE -- FOLDER INTERNAL DATA\n", "not mail")]
    public void Names_what_is_no_message_of_the_folder(string header, string reason) =>
        Assert.Contains(reason, Assert.Single(Read(From + header + "\nbody\n")).Message.Skip!.Value.Text, StringComparison.Ordinal);

    [Fact]
    public void Carries_NULs_and_lines_longer_than_any_buffer()
    {
        var line = new string('x', 3_000_000);
        var message = $"Subject: {line}\n\n\0\0{line}From {line}\n>>{new string('>', 200_000)}From x\n";
        var (first, second) = (Read($"{From}{message}\n{From}Subject: y\n\n") is [var a, var b]) ? (a.Text, b.Text) : ("", "");
        Assert.Equal(message.Replace(">>>From", ">>From", StringComparison.Ordinal), first);
        Assert.Equal("Subject: y\n", second);
    }

    [Fact]
    public void Lets_no_message_be_larger_than_a_number_of_IMAP()
    {
        var output = new MessageOutput(new Nothing());
        var piece = new byte[1 << 20];
        for (var i = 0; i <= 2048; i++)
            output.Write(piece);
        Assert.True(output.IsTooLong);
    }

    private List<(string Text, MboxMessage Message)> Read(string mbox)
    {
        File.WriteAllBytes(_directory.File("mbox"), Encoding.Latin1.GetBytes(mbox));
        using var reader = new MboxReader(_directory.File("mbox"));
        List<(string, MboxMessage)> messages = [];
        while (true)
        {
            var text = new ArrayBufferWriter<byte>();
            if (reader.Read(text, TestStore.Token) is not { } message)
                return messages;
            messages.Add((Encoding.Latin1.GetString(text.WrittenSpan), message));
        }
    }

    /// <summary>Counts nothing, keeps nothing.</summary>
    private sealed class Nothing : IBufferWriter<byte>
    {
        private readonly byte[] _piece = new byte[4096];

        public void Advance(int count)
        {
        }

        public Memory<byte> GetMemory(int sizeHint = 0) => _piece;

        public Span<byte> GetSpan(int sizeHint = 0) => _piece;
    }
}
