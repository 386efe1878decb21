using System.Text;

namespace MailServer.Storage.Tests;

/// <summary>ENVELOPE, RFC 3501 §7.4.2, to the octet.</summary>
public sealed class EnvelopeTests
{
    [Fact]
    public void The_example_of_the_RFC_comes_out_as_it_stands_there()
    {
        var mail = """
            Date: Wed, 17 Jul 1996 02:23:25 -0700 (PDT)
            From: Terry Gray <gray@cac.washington.edu>
            Subject: IMAP4rev1 WG mtg summary and minutes
            To: imap@cac.washington.edu
            cc: minutes@CNRI.Reston.VA.US, John Klensin <KLENSIN@MIT.EDU>
            Message-Id: <B27397-0100000@cac.washington.edu>
            MIME-Version: 1.0
            Content-Type: TEXT/PLAIN; CHARSET=US-ASCII

            body

            """;
        const string gray = "((\"Terry Gray\" NIL \"gray\" \"cac.washington.edu\"))";
        Assert.Equal(
            $"(\"Wed, 17 Jul 1996 02:23:25 -0700 (PDT)\" \"IMAP4rev1 WG mtg summary and minutes\" {gray} {gray} {gray} "
            + "((NIL NIL \"imap\" \"cac.washington.edu\")) ((NIL NIL \"minutes\" \"CNRI.Reston.VA.US\")(\"John Klensin\" NIL \"KLENSIN\" \"MIT.EDU\")) "
            + "NIL NIL \"<B27397-0100000@cac.washington.edu>\")",
            Envelope(mail));
        Assert.Equal("(\"TEXT\" \"PLAIN\" (\"CHARSET\" \"US-ASCII\") NIL NIL \"7bit\" 6 1)", Latin1(Mails.Structure(mail).Body));
    }

    [Theory]
    [InlineData("a@b.example", "((NIL NIL \"a\" \"b.example\"))")]
    [InlineData("<a@b.example>", "((NIL NIL \"a\" \"b.example\"))")]
    [InlineData("A B <a@b.example>", "((\"A B\" NIL \"a\" \"b.example\"))")]
    [InlineData("\"B, A\" <a@b.example>", "((\"B, A\" NIL \"a\" \"b.example\"))")]
    [InlineData("\"A \\\"x\\\" \\\\ B\" <a@b.example>", "((\"A \\\"x\\\" \\\\ B\" NIL \"a\" \"b.example\"))")]
    [InlineData("a@b.example (A B)", "((\"A B\" NIL \"a\" \"b.example\"))")]
    [InlineData("a@b.example (A (nested) B)", "((\"A (nested) B\" NIL \"a\" \"b.example\"))")]
    [InlineData("a@b.example, c@d.example", "((NIL NIL \"a\" \"b.example\")(NIL NIL \"c\" \"d.example\"))")]
    [InlineData("a@b.example,, ,c@d.example,", "((NIL NIL \"a\" \"b.example\")(NIL NIL \"c\" \"d.example\"))")]
    [InlineData("Team: a@b.example, C <c@d.example>; e@f.example", "((NIL NIL \"Team\" NIL)(NIL NIL \"a\" \"b.example\")(\"C\" NIL \"c\" \"d.example\")(NIL NIL NIL NIL)(NIL NIL \"e\" \"f.example\"))")]
    [InlineData("undisclosed-recipients:;", "((NIL NIL \"undisclosed-recipients\" NIL)(NIL NIL NIL NIL))")]
    [InlineData("Team: a@b.example", "((NIL NIL \"Team\" NIL)(NIL NIL \"a\" \"b.example\")(NIL NIL NIL NIL))")]
    [InlineData("<@one.example,@two.example:a@b.example>", "((NIL \"@one.example,@two.example\" \"a\" \"b.example\"))")]
    [InlineData("\"john doe\"@b.example", "((NIL NIL \"john doe\" \"b.example\"))")]
    [InlineData("<\"a@b\"@c.example>", "((NIL NIL \"a@b\" \"c.example\"))")]
    [InlineData("<a@[192.0.2.1]>", "((NIL NIL \"a\" \"[192.0.2.1]\"))")]
    [InlineData("a@[IPv6:2001:db8::1], c@d.example", "((NIL NIL \"a\" \"[IPv6:2001:db8::1]\")(NIL NIL \"c\" \"d.example\"))")]
    [InlineData("a . b @ c . example", "((NIL NIL \"a.b\" \"c.example\"))")]
    [InlineData("=?UTF-8?Q?J=C3=B6rg?= <j@b.example>", "((\"=?UTF-8?Q?J=C3=B6rg?=\" NIL \"j\" \"b.example\"))")]
    [InlineData("root", "((NIL NIL \"root\" \"MISSING_DOMAIN\"))")]
    [InlineData("Mary Kay Miller", "((\"Mary Kay Miller\" NIL \"MISSING_MAILBOX\" \"MISSING_DOMAIN\"))")]
    [InlineData("<>", "((NIL NIL \"MISSING_MAILBOX\" \"MISSING_DOMAIN\"))")]
    [InlineData("a@b.example c@d.example", "((NIL NIL \"a\" \"b.example\")(NIL NIL \"c\" \"d.example\"))")]
    [InlineData("A a@b.example", "((\"A\" NIL \"a\" \"b.example\"))")]
    [InlineData("A B <a@b.example", "((\"A B\" NIL \"a\" \"b.example\"))")]
    [InlineData("\"A <a@b.example>", "((\"A <a@b.example>\" NIL \"MISSING_MAILBOX\" \"MISSING_DOMAIN\"))")]
    [InlineData("(((", "NIL")]
    [InlineData("", "NIL")]
    [InlineData(",;,:", "((NIL NIL \"\" NIL)(NIL NIL NIL NIL))")]
    public void Reads_addresses(string field, string expected)
    {
        Assert.Equal(expected, To("To: " + field));
        Assert.Equal(expected, To("To:\t" + field.Replace(" ", "\n ", StringComparison.Ordinal)));
    }

    [Fact]
    public void Raw_8_bit_becomes_encoded_words_in_texts_and_a_literal_in_addresses()
    {
        var envelope = Envelope("Subject: Gr\xC3\xBC\xC3\x9F" + "e aus K\xC3\xB6ln und Bonn\nFrom: J\xF6rg <j\xC3\xB6rg@b.example>\n\n");
        const string joerg = "((\"=?UTF-8?B?SsO2cmc=?=\" NIL {5}\r\nj\xC3\xB6rg \"b.example\"))";
        Assert.Equal($"(NIL \"=?UTF-8?B?R3LDvMOfZQ==?= aus =?UTF-8?B?S8O2bG4=?= und Bonn\" {joerg} {joerg} {joerg} NIL NIL NIL NIL NIL)", envelope);
    }

    [Fact]
    public void Encoded_words_are_no_longer_than_allowed_and_do_not_cut_characters()
    {
        var text = string.Concat(Enumerable.Repeat("жяй", 40)) + " äöü " + string.Concat(Enumerable.Repeat("𝄞", 30));
        var encoded = EncodedWords.Encode(Encoding.UTF8.GetBytes(text));
        var words = Encoding.ASCII.GetString(encoded).Split(' ');
        Assert.All(words, word => Assert.InRange(word.Length, 1, 75));
        Assert.Equal(text, MimeKit.Utils.Rfc2047.DecodeText(encoded));
    }

    [Theory]
    [InlineData("Sender: \nReply-To:", "a")]
    [InlineData("Sender: s@b.example", "s")]
    public void An_empty_Sender_is_said_to_be_From(string more, string sender)
    {
        var envelope = Envelope($"From: a@b.example\n{more}\n\n");
        Assert.StartsWith($"(NIL NIL ((NIL NIL \"a\" \"b.example\")) ((NIL NIL \"{sender}\" \"b.example\")) ((NIL NIL \"a\" \"b.example\")) ", envelope, StringComparison.Ordinal);
    }

    [Fact]
    public void Folds_are_taken_out_quotes_escaped_and_NUL_dropped()
    {
        Assert.StartsWith("(NIL \"a \\\"b\\\" \\\\c\td\" ", Envelope("Subject: a\n \"b\"\r\n \\c\r\n\td\0\n\n"), StringComparison.Ordinal);
        Assert.StartsWith("(NIL \"\" ", Envelope("Subject:\n\n"), StringComparison.Ordinal);
        Assert.StartsWith("(NIL NIL ", Envelope("X: y\n\n"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_bare_CR_within_a_field_does_not_leave_it()
    {
        Assert.StartsWith("(NIL \"ab\" ", Envelope("Subject: a\rb\n\n"), StringComparison.Ordinal);
    }

    [Fact]
    public void Of_several_fields_the_first_counts_and_addresses_add_up()
    {
        var envelope = Envelope("Subject: one\nTo: a@b.example\nSubject: two\nTo: c@d.example\n\n");
        Assert.Contains("\"one\"", envelope, StringComparison.Ordinal);
        Assert.Contains("((NIL NIL \"a\" \"b.example\")(NIL NIL \"c\" \"d.example\"))", envelope, StringComparison.Ordinal);
    }

    private static string Envelope(string mail) => Latin1(Mails.Structure(mail).Envelope);

    private static string To(string header)
    {
        var envelope = Envelope(header + "\n\n");
        Assert.StartsWith("(NIL NIL NIL NIL NIL ", envelope, StringComparison.Ordinal);
        Assert.EndsWith(" NIL NIL NIL NIL)", envelope, StringComparison.Ordinal);
        return envelope["(NIL NIL NIL NIL NIL ".Length..^" NIL NIL NIL NIL)".Length];
    }

    private static string Latin1(ReadOnlyMemory<byte> text) => Encoding.Latin1.GetString(text.Span);
}
