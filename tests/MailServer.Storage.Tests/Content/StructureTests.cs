using System.Text;

namespace MailServer.Storage.Tests;

/// <summary>BODY, BODYSTRUCTURE (RFC 3501 §7.4.2) and the places of the parts, to the octet.</summary>
public sealed class StructureTests
{
    private const string Text = "(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" ";
    private const string EmptyText = Text + "0 0 NIL NIL NIL NIL)";
    private const string NoEnvelope = "(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)";

    public static TheoryData<string, string> Mail => new()
    {
        { "", Text + "0 0 NIL NIL NIL NIL)" },
        { "\n", Text + "0 0 NIL NIL NIL NIL)" },
        { "\nbody\n", Text + "6 1 NIL NIL NIL NIL)" },
        { "Subject: x\n", Text + "0 0 NIL NIL NIL NIL)" },
        { "Subject: x", Text + "0 0 NIL NIL NIL NIL)" },
        { "no header at all", Text + "0 0 NIL NIL NIL NIL)" },
        { "no header at all\n\nbody\nmore", Text + "10 1 NIL NIL NIL NIL)" },
        { "From me Sat Jan  1\nSubject: x\n\nb\n", Text + "3 1 NIL NIL NIL NIL)" },
        { "\xEF\xBB\xBFSubject: x\n\nb\n", Text + "3 1 NIL NIL NIL NIL)" },
        { "Content-Type: text/html; charset=\"utf-8\"; x=y\nContent-Transfer-Encoding: 8BIT\n\na\nb\n", "(\"text\" \"html\" (\"charset\" \"utf-8\" \"x\" \"y\") NIL NIL \"8BIT\" 6 2 NIL NIL NIL NIL)" },
        { "Content-Type: application/pdf; name=\"a b.pdf\"\nContent-Transfer-Encoding: base64\nContent-ID: <1@x.example>\nContent-Description: a \"b\"\nContent-MD5: Q2hlY2s=\nContent-Disposition: attachment; filename=\"a b.pdf\"\nContent-Language: de, en\nContent-Location: a/b\n\nQQ==\n",
            "(\"application\" \"pdf\" (\"name\" \"a b.pdf\") \"<1@x.example>\" \"a \\\"b\\\"\" \"base64\" 6 \"Q2hlY2s=\" (\"attachment\" (\"filename\" \"a b.pdf\")) (\"de\" \"en\") \"a/b\")" },
        { "Content-Type: image/png; name*0=\"long \"; name*1*=%C3%BC; name*2=\".png\"\n\n", "(\"image\" \"png\" (\"name*\" \"long%20%C3%BC.png\") NIL NIL \"7bit\" 0 NIL NIL NIL NIL)" },
        { "Content-Type: text/plain (a comment); charset=us-ascii (another)\n\n", "(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 0 0 NIL NIL NIL NIL)" },
        { "Content-Type: image/png; name=a b.png\n\n", "(\"image\" \"png\" (\"name\" \"a b.png\") NIL NIL \"7bit\" 0 NIL NIL NIL NIL)" },
        { "Content-Type: multipart/mixed; boundary=b\n\n--b\n\na\n--b\nContent-Type: text/html\n\n<p>\n\n--b--\n", $"({Text}1 0 NIL NIL NIL NIL)(\"text\" \"html\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 5 1 NIL NIL NIL NIL) \"mixed\" (\"boundary\" \"b\") NIL NIL NIL)" },
        { "Content-Type: multipart/mixed; boundary=b\n\n--b--\n", $"({EmptyText} \"mixed\" (\"boundary\" \"b\") NIL NIL NIL)" },
        { "Content-Type: multipart/mixed\n\n--b\n\na\n--b--\n", $"({EmptyText} \"mixed\" NIL NIL NIL NIL)" },
        { "Content-Type: multipart/mixed; boundary=\"\"\n\n--\n\na\n----\n", $"({Text}1 0 NIL NIL NIL NIL) \"mixed\" (\"boundary\" \"\") NIL NIL NIL)" },
        { "Content-Type: multipart/mixed; boundary=\"b \"\n\n--b\n\na\n--b--\n", $"({Text}1 0 NIL NIL NIL NIL) \"mixed\" (\"boundary\" \"b \") NIL NIL NIL)" },
        { "Content-Type: multipart/mixed; boundary=b\n\n--b\n\na cut o", $"({Text}7 0 NIL NIL NIL NIL) \"mixed\" (\"boundary\" \"b\") NIL NIL NIL)" },
        { "Content-Type: message/rfc822\n\nSubject: in\n\nb\n", $"(\"message\" \"rfc822\" NIL NIL NIL \"7bit\" 18 (NIL \"in\" NIL NIL NIL NIL NIL NIL NIL NIL) {Text}3 1 NIL NIL NIL NIL) 3 NIL NIL NIL NIL)" },
        { "Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\nU3ViamVjdDogeA==\n", $"(\"message\" \"rfc822\" NIL NIL NIL \"base64\" 18 {NoEnvelope} {EmptyText} 1 NIL NIL NIL NIL)" },
        { "Content-Type: message/global\n\nSubject: in\n\nb\n", "(\"message\" \"global\" NIL NIL NIL \"7bit\" 18 NIL NIL NIL NIL)" },
        { "Content-Type: message/delivery-status\n\nReporting-MTA: dns; x\n", "(\"message\" \"delivery-status\" NIL NIL NIL \"7bit\" 23 NIL NIL NIL NIL)" },
        { "Content-Type: multipart/digest; boundary=b\n\n--b\n\nSubject: in\n\nx\n--b--\n", $"((\"message\" \"rfc822\" NIL NIL NIL \"7bit\" 16 (NIL \"in\" NIL NIL NIL NIL NIL NIL NIL NIL) {Text}1 0 NIL NIL NIL NIL) 2 NIL NIL NIL NIL) \"digest\" (\"boundary\" \"b\") NIL NIL NIL)" },
    };

    [Theory]
    [MemberData(nameof(Mail))]
    public void Writes_BODYSTRUCTURE(string mail, string expected)
    {
        Assert.Equal(expected, Latin1(Mails.Structure(mail).BodyStructure));
        Assert.Equal(Latin1(Mails.Structure(mail).BodyStructure), Latin1(Mails.Structure(mail.Replace("\n", "\r\n", StringComparison.Ordinal)).BodyStructure));
    }

    [Fact]
    public void BODY_is_BODYSTRUCTURE_without_extension_data()
    {
        var structure = Mails.Structure("Content-Type: multipart/mixed; boundary=b\nContent-Disposition: inline\n\n--b\nContent-MD5: x\n\na\n--b--\n");
        Assert.Equal($"({Text}1 0) \"mixed\")", Latin1(structure.Body));
        Assert.Equal($"({Text}1 0 \"x\" NIL NIL NIL) \"mixed\" (\"boundary\" \"b\") (\"inline\" NIL) NIL NIL)", Latin1(structure.BodyStructure));
    }

    [Fact]
    public void Parts_are_cut_by_their_offsets_in_octets_with_CRLF()
    {
        const string stored = "Subject: x\nContent-Type: multipart/mixed; boundary=b\n\npreamble\n--b\nA: 1\n\none\ntwo\n--b\nContent-Type: message/rfc822\n\nSubject: in\n\nbody\n\n--b--\nepilogue\n";
        var sent = Encoding.Latin1.GetString(Mails.ToCrlf(Mails.Bytes(stored)));
        var root = Mails.Structure(stored).Root;
        string Cut(long start, long length) => sent.Substring((int)start, (int)length);

        Assert.Equal("Subject: x\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n", Cut(root.HeaderStart, root.HeaderLength));
        Assert.Equal(sent.Length, root.BodyStart + root.BodyLength);
        Assert.True(root.IsMultipart);
        Assert.Equal(2, root.Children.Count);
        var (one, two) = (root.Children[0], root.Children[1]);
        Assert.Equal("A: 1\r\n\r\n", Cut(one.HeaderStart, one.HeaderLength));
        Assert.Equal("one\r\ntwo", Cut(one.BodyStart, one.BodyLength));
        Assert.Equal("Content-Type: message/rfc822\r\n\r\n", Cut(two.HeaderStart, two.HeaderLength));
        Assert.Equal("Subject: in\r\n\r\nbody\r\n", Cut(two.BodyStart, two.BodyLength));
        Assert.NotNull(two.Message);
        Assert.Equal("Subject: in\r\n\r\n", Cut(two.Message.HeaderStart, two.Message.HeaderLength));
        Assert.Equal("body\r\n", Cut(two.Message.BodyStart, two.Message.BodyLength));
    }

    [Theory]
    [InlineData("multipart/mixed; boundary=b{0}", "--b{0}\n")]
    [InlineData("message/rfc822", "")]
    public void Nesting_of_150_is_answered_with_an_opaque_part_at_the_limit(string type, string line)
    {
        var mail = new StringBuilder();
        for (var i = 0; i < 150; i++)
            mail.Append(System.Globalization.CultureInfo.InvariantCulture, $"Content-Type: {string.Format(System.Globalization.CultureInfo.InvariantCulture, type, i)}\n\n{string.Format(System.Globalization.CultureInfo.InvariantCulture, line, i)}");
        var structure = Mails.Structure(mail.Append("Subject: x\n\ndeep\n").ToString());
        var depth = 0;
        for (var part = structure.Root; part is not null; part = part.Message ?? (part.Children is [var first, ..] ? first : null))
            depth++;
        Assert.InRange(depth, StructureLimits.Depth, StructureLimits.Depth + 2);
        Assert.NotNull(ImapTree.Parse(structure.BodyStructure.Span));
        Assert.NotNull(ImapTree.Parse(structure.Body.Span));
    }

    [Theory]
    [InlineData(3_000, 3_000)]
    [InlineData(20_000, StructureLimits.Parts - 1)]
    public void Thousands_of_parts_are_answered_up_to_the_limit(int parts, int shown)
    {
        var structure = Mails.Structure("Content-Type: multipart/mixed; boundary=b\n\n" + string.Concat(Enumerable.Repeat("--b\n\nx\n", parts)) + "--b--\n");
        Assert.Equal(shown, structure.Root.Children.Count);
        Assert.Equal(shown + 5, Assert.IsType<List<object?>>(ImapTree.Parse(structure.BodyStructure.Span)).Count);
    }

    [Fact]
    public void Thousands_of_parameters_and_addresses_are_answered_up_to_the_limit()
    {
        var structure = Mails.Structure(
            "Content-Type: text/plain" + string.Concat(Enumerable.Range(0, 8_000).Select(i => $";\n p{i}=v")) + "\n"
            + "Content-Disposition: attachment" + string.Concat(Enumerable.Range(0, 8_000).Select(i => $";\n filename*{i}=v")) + "\n"
            + "To: " + string.Join(",\n ", Enumerable.Range(0, 8_000).Select(i => $"a{i}@b.example")) + "\n\n");
        var body = Assert.IsType<List<object?>>(ImapTree.Parse(structure.BodyStructure.Span));
        Assert.InRange(Assert.IsType<List<object?>>(body[2]).Count, 100, 2 * (StructureLimits.Parameters + 1));
        Assert.Equal("attachment", Assert.IsType<List<object?>>(body[9])[0]);
        var envelope = Assert.IsType<List<object?>>(ImapTree.Parse(structure.Envelope.Span));
        Assert.Equal(StructureLimits.Addresses, Assert.IsType<List<object?>>(envelope[5]).Count);
    }

    [Fact]
    public void A_structure_does_not_grow_beyond_its_limit_whatever_the_message_makes_of_it()
    {
        var part = "--b\nContent-Type: message/rfc822\n\nFrom: " + string.Concat(Enumerable.Repeat("a,", 2_000)) + "\n\n";
        var structure = Mails.Structure("Content-Type: multipart/mixed; boundary=b\n\n" + string.Concat(Enumerable.Repeat(part, 500)));
        Assert.Equal(500, structure.Root.Children.Count);
        Assert.InRange(structure.BodyStructure.Length, StructureLimits.StructureOctets, StructureLimits.StructureOctets + 1_000_000);
        Assert.Equal(500 + 5, Assert.IsType<List<object?>>(ImapTree.Parse(structure.BodyStructure.Span)).Count);
    }

    [Theory]
    [InlineData("@")]
    [InlineData("a@ ")]
    [InlineData("<")]
    [InlineData("\"")]
    [InlineData("(")]
    [InlineData("(a)")]
    [InlineData(":")]
    [InlineData(";")]
    [InlineData("\\")]
    [InlineData("=?utf-8?q?a?= ")]
    [InlineData("=?utf-8?b?")]
    [InlineData("\xC3\xA4 ")]
    [InlineData("x*0=")]
    [InlineData(";x*0*=y")]
    [InlineData("\n ")]
    public void A_field_of_nothing_but_one_sign_is_answered_and_searched(string sign)
    {
        var value = string.Concat(Enumerable.Repeat(sign, 400_000 / sign.Length));
        foreach (var name in new[] { "From", "To", "Subject", "Date", "Content-Type", "Content-Disposition", "Content-Transfer-Encoding" })
        {
            var mail = Mails.Bytes($"{name}: {value}\n\nbody\n");
            Answers.Check(Mails.Structure(mail), Mails.ToCrlf(mail).Length);
            Assert.False(SearchProgram.Compile(new SearchKey.Text("nowhere to be found")).Matches(Subjects.Of(mail)));
            SearchProgram.Compile(new SearchKey.Sent(DateComparison.On, new(2026, 1, 1))).Matches(Subjects.Of(mail));
        }
    }

    [Fact]
    public void A_header_without_end_is_cut_and_the_rest_is_body()
    {
        var size = 8 * StructureLimits.HeaderOctets;
        var structure = Mails.Structure("Subject: x\nX: " + new string('y', size));
        Assert.Equal("(NIL \"x\" NIL NIL NIL NIL NIL NIL NIL NIL)", Latin1(structure.Envelope));
        Assert.InRange(structure.Root.HeaderLength, 1, size + 100);
        Assert.Equal(size + 15, structure.Root.BodyStart + structure.Root.BodyLength);
    }

    [Fact]
    public void Headers_of_parts_are_read_up_to_a_limit_in_all()
    {
        var part = "--b\nContent-Transfer-Encoding: " + new string('x', 400_000) + "\n\nbody\n";
        var structure = Mails.Structure("Content-Type: multipart/mixed; boundary=b\n\n" + string.Concat(Enumerable.Repeat(part, 30)));
        Assert.InRange(structure.Root.Children.Count, StructureLimits.AllHeaderOctets / 400_100, (StructureLimits.AllHeaderOctets / 400_000) + 1);
    }

    [Fact]
    public void Eight_bit_in_types_names_and_values_leaves_only_in_literals()
    {
        var structure = Mails.Structure("Content-Type: te\xFCxt/pl\xE4in; na\xEFme=\"\xC3\xA4\0b\"\nContent-Description: \xE4\nContent-Disposition: \xE4; x=\xE4\nContent-Transfer-Encoding: \xE4\nContent-Language: \xE4\n\n\xE4\n");
        Assert.NotNull(ImapTree.Parse(structure.BodyStructure.Span));
        Assert.DoesNotContain((byte)0, structure.BodyStructure.ToArray());
    }

    private static string Latin1(ReadOnlyMemory<byte> text) => Encoding.Latin1.GetString(text.Span);
}
