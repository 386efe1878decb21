using System.Text;
using MailServer.Wire.Imap;

namespace MailServer.Storage.Tests;

/// <summary>Whatever is asked of the fields that are kept has the same answer as from the message, however broken it is.</summary>
public sealed class KeptFieldsTests(ITestOutputHelper output)
{
    private static readonly string[] Asked = ["From", "sUBJECT", "Date", "Message-ID", "References", "To", "List-Id", "Content-Type"];

    [Theory]
    [InlineData("")]
    [InlineData("\n")]
    [InlineData("\nSubject: body\n")]
    [InlineData("Subject: x")]
    [InlineData("Subject: x\n")]
    [InlineData("Subject: x\n\nSubject: body")]
    [InlineData("Subject: x\r\n\ty\r\n z\nFrom: a\n\nbody")]
    [InlineData("Subject : blank before the colon\nSubject\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t: many\n\n")]
    [InlineData(" Subject: first line folded\nSubject: x\n\n")]
    [InlineData("no field\n Subject: not one either\nSubject: x\n\n")]
    [InlineData("Subject\n : colon on the next line\nDate: x\n\n")]
    [InlineData("Subject: a\rb\nTo: c\r\r\n\nbody")]
    [InlineData("Subject: x\n\r\nFrom: body\n")]
    [InlineData("\u00EF\u00BB\u00BFSubject: behind a mark\nSubject: x\n\n")]
    [InlineData("From nobody@example Thu Jan  1 00:00:00 2026\nSubject: x\n\n")]
    [InlineData("Subject: =?utf-8?Q?K=C3=B6ln?=\nSubject: raw \u00C3\u00B6\nDate: Thu, 1 Jan 2026 00:00:00 +0000\n\n")]
    [InlineData("Subject:\nTo:\0x\n\n")]
    public void The_answer_is_the_same(string stored) => Check(Mails.Bytes(stored));

    [Fact]
    public void The_answer_is_the_same_for_every_mail_of_the_corpora()
    {
        var files = Mails.Files().ToList();
        Assert.SkipWhen(files.Count == 0, "no test data: set MAILSERVER_CORPORA");
        var kept = files.Count(file => Check(Mails.Load(file)));
        output.WriteLine($"{kept} of {files.Count} mails have fields that are kept");
        Assert.InRange(kept, files.Count * 9 / 10, files.Count);
    }

    [Fact]
    public void Fields_that_are_too_long_are_not_kept()
    {
        Assert.Null(Kept(Mails.Bytes($"Subject: {new string('x', 9000)}\n\n")));
        Assert.NotNull(Kept(Mails.Bytes($"Received: {new string('x', 100_000)}\nSubject: x\n\n")));
        Assert.Null(Kept(Mails.Bytes($"Received: {new string('x', StructureLimits.HeaderOctets)}\nSubject: x\n\n")));
    }

    /// <summary>False when the message has none, or too much, of what is kept.</summary>
    private static bool Check(byte[] stored)
    {
        if (Kept(stored) is not { } kept)
            return false;
        var sent = Mails.ToCrlf(stored);
        foreach (var name in Asked)
            Assert.Equal(Filtered(sent, [name]), Filtered(kept, [name]));
        Assert.Equal(Filtered(sent, Asked), Filtered(kept, Asked));

        var (whole, fields) = (SearchHeader.Read(new MemoryStream(stored), out _), new SearchHeader(kept));
        Assert.Equal(whole.Date, fields.Date);
        foreach (var name in Asked)
            foreach (var text in (string[])["", "x", "e", "example", "re:", "K\u00F6ln"])
                Assert.True(whole.Contains(name, text) == fields.Contains(name, text), $"{name} {text}");
        return kept.Length > 0;
    }

    private static byte[]? Kept(byte[] stored) => StructureReader.ReadWithFields(new MemoryStream(stored), Mails.ToCrlf(stored).Length).Fields;

    /// <summary>BODY[HEADER.FIELDS (...)], with the empty line that is always there.</summary>
    private static string Filtered(byte[] sent, string[] names)
    {
        var filter = new HeaderFieldFilter([.. names.Select(name => (ReadOnlyMemory<byte>)Encoding.ASCII.GetBytes(name))], isNot: false);
        filter.Add(sent);
        filter.Finish();
        return string.Concat(filter.Kept.Select(range => Encoding.Latin1.GetString(sent, (int)range.Offset, (int)range.Length))) + (filter.IsComplete ? "" : "\r\n");
    }
}
