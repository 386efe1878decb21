using System.Text;

namespace MailServer.Storage.Tests;

/// <summary>SEARCH, RFC 3501 §6.4.4: what matches, and that no more is read than the answer needs.</summary>
public sealed class SearchTests
{
    private static readonly MessageFlags Flags = new() { System = SystemFlags.Seen | SystemFlags.Flagged, Keywords = ["$Forwarded", "Projekt"] };

    public static TheoryData<SearchKey, bool> Index => new()
    {
        { new SearchKey.All(), true },
        { new SearchKey.Flag(SystemFlags.Seen), true },
        { new SearchKey.Flag(SystemFlags.Draft), false },
        { new SearchKey.Keyword("$forwarded"), true },
        { new SearchKey.Keyword("$Forward"), false },
        { new SearchKey.Recent(), false },
        { new SearchKey.Not(new SearchKey.Recent()), true },
        { new SearchKey.Larger(999), true },
        { new SearchKey.Larger(1000), false },
        { new SearchKey.Smaller(1001), true },
        { new SearchKey.Smaller(1000), false },
        { new SearchKey.ModSeq(7), true },
        { new SearchKey.ModSeq(8), false },
        { new SearchKey.Received(DateComparison.On, new(2026, 3, 1)), true },
        { new SearchKey.Received(DateComparison.Since, new(2026, 3, 1)), true },
        { new SearchKey.Received(DateComparison.Before, new(2026, 3, 1)), false },
        { new SearchKey.Received(DateComparison.Before, new(2026, 3, 2)), true },
        { new SearchKey.Sequences([new(4, 4)]), true },
        { new SearchKey.Sequences([new(5, uint.MaxValue)]), false },
        { new SearchKey.Sequences([new(1, 2), new(9, 3)]), true },
        { new SearchKey.Uids([new(40, 40)]), true },
        { new SearchKey.Uids([new(1, 39), new(41, 49)]), false },
        { new SearchKey.Uids([new(45, 30)]), true },
        { new SearchKey.Uids([new(uint.MaxValue, uint.MaxValue)]), false },
        { new SearchKey.Uids([new(uint.MaxValue, 1)]), true },
        { new SearchKey.Or(new SearchKey.Recent(), new SearchKey.All()), true },
        { new SearchKey.And([]), true },
        { new SearchKey.And([new SearchKey.All(), new SearchKey.Recent()]), false },
    };

    [Theory]
    [MemberData(nameof(Index))]
    public void Keys_of_the_index_open_no_file(SearchKey key, bool expected)
    {
        var program = SearchProgram.Compile(key);
        Assert.False(program.NeedsFile);
        Assert.Equal(expected, program.Matches(Subjects.Of(null, Flags, () => Assert.Fail("the file was opened"))));
    }

    [Fact]
    public void The_last_message_is_in_any_open_range()
    {
        var program = SearchProgram.Compile(new SearchKey.Uids([new(4000, uint.MaxValue)]));
        Assert.False(program.Matches(Subjects.Of(null)));
        Assert.True(program.Matches(Subjects.Of(null) with { Info = Subjects.Of(null).Info with { Uid = 50 } }));
    }

    private const string Mail = "From: =?UTF-8?Q?J=C3=B6rg_M=C3=BCller?= <joerg@b.example>\nTo: alice@example.org\nSubject: =?iso-8859-1?Q?Gr=FC=DFe?=\n =?iso-8859-1?Q?_aus_K=F6ln?=\nDate: Sun, 1 Mar 2026 00:10:00 +0900\nX-Empty:\n"
        + "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\nPreamble-only\n--b\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\n{0}\n"
        + "--b\nContent-Type: text/html; charset=windows-1251\nContent-Transfer-Encoding: quoted-printable\n\n<p>=CF=F0=E8=E2=E5=F2, =\n=EC=E8=F0</p>\n"
        + "--b\nContent-Type: application/octet-stream; name=\"Rechnung.bin\"\n\nbinary-only\n--b\nContent-Type: message/rfc822\n\nSubject: within\n\nInnermost text\n--b--\n";

    private static readonly byte[] Stored = Mails.Bytes(Mail.Replace("{0}", Convert.ToBase64String(Encoding.UTF8.GetBytes("Der schnelle braune Fuchs springt\r\nüber den faulen Hund. " + new string('.', 10_000) + " Am Ende: ΩMEGA"), Base64FormattingOptions.InsertLineBreaks).Replace("\r", "", StringComparison.Ordinal), StringComparison.Ordinal));

    public static TheoryData<SearchKey, bool> Content => new()
    {
        { new SearchKey.Header("From", "jörg müller"), true },
        { new SearchKey.Header("from", "JOERG@"), true },
        { new SearchKey.Header("To", "bob"), false },
        { new SearchKey.Header("Subject", "GRÜSSE"), false },
        { new SearchKey.Header("Subject", "grüße aus köln"), true },
        { new SearchKey.Header("X-Empty", ""), true },
        { new SearchKey.Header("X-None", ""), false },
        { new SearchKey.Header("X-Empty", "a"), false },
        { new SearchKey.Sent(DateComparison.On, new(2026, 3, 1)), true },
        { new SearchKey.Sent(DateComparison.Before, new(2026, 3, 1)), false },
        { new SearchKey.Body("FUCHS springt"), true },
        { new SearchKey.Body("ÜBER DEN"), true },
        { new SearchKey.Body("ωmega"), true },
        { new SearchKey.Body("ПРИВЕТ, мир"), true },
        { new SearchKey.Body("innermost"), true },
        { new SearchKey.Body("subject: WITHIN"), true },
        { new SearchKey.Body("rechnung.bin"), true },
        { new SearchKey.Body("binary-only"), false },
        { new SearchKey.Body("köln"), false },
        { new SearchKey.Body(""), true },
        { new SearchKey.Text("köln"), true },
        { new SearchKey.Text("fuchs"), true },
        { new SearchKey.Text("nirgends"), false },
        { new SearchKey.Not(new SearchKey.Body("nirgends")), true },
        { new SearchKey.And([new SearchKey.Body("fuchs"), new SearchKey.Not(new SearchKey.Body("hund"))]), false },
        { new SearchKey.Or(new SearchKey.Header("To", "bob"), new SearchKey.Body("hund")), true },
    };

    [Theory]
    [MemberData(nameof(Content))]
    public void Keys_of_the_content_are_decoded_and_without_case(SearchKey key, bool expected)
    {
        var opened = 0;
        var program = SearchProgram.Compile(key);
        Assert.Equal(expected, program.Matches(Subjects.Of(Stored, opened: () => opened++)));
        Assert.Equal(program.NeedsFile ? 1 : 0, opened);
    }

    [Theory]
    [InlineData("no colon at all", true)]
    [InlineData("From a@b Tue", true)]
    [InlineData("below", true)]
    [InlineData("colon at allSubject", false)]
    public void A_line_in_the_header_that_is_no_field_is_text_of_the_message(string text, bool expected)
    {
        var octets = Mails.Bytes("From a@b Tue Nov 24\nno COLON at all\nSubject: x\nlast =?utf-8?q?b=65low?=\n\nbody\n");
        Assert.Equal(expected, SearchProgram.Compile(new SearchKey.Text(text)).Matches(Subjects.Of(octets)));
        var indexed = new IndexText();
        SearchHeader.Read(new MemoryStream(octets), out _).CopyTo(indexed);
        Assert.Equal(expected, indexed.ToString().Contains(text, StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public void What_the_index_decides_opens_no_file_in_whatever_order()
    {
        foreach (var key in new SearchKey[]
        {
            new SearchKey.And([new SearchKey.Body("x"), new SearchKey.Recent()]),
            new SearchKey.Or(new SearchKey.Text("x"), new SearchKey.All()),
            new SearchKey.Not(new SearchKey.Or(new SearchKey.Body("x"), new SearchKey.All())),
        })
        {
            var program = SearchProgram.Compile(key);
            Assert.True(program.NeedsFile);
            program.Matches(Subjects.Of(null, opened: () => Assert.Fail("the file was opened")));
        }
    }

    [Fact]
    public void What_the_header_decides_reads_no_body()
    {
        var stream = new CountingStream([.. Mails.Bytes("Subject: x\n\n"), .. new byte[1_000_000]]);
        var program = SearchProgram.Compile(new SearchKey.And([new SearchKey.Body("y"), new SearchKey.Header("Subject", "z")]));
        Assert.False(program.Matches(Subjects.Of(null) with { Open = () => stream }));
        Assert.InRange(stream.Octets, 1, 10_000);
    }

    [Fact]
    public void What_is_found_early_reads_no_further()
    {
        var stream = new CountingStream([.. Mails.Bytes("Subject: x\n\nfound here\n"), .. new byte[4_000_000]]);
        Assert.True(SearchProgram.Compile(new SearchKey.Body("found")).Matches(Subjects.Of(null) with { Open = () => stream }));
        Assert.InRange(stream.Octets, 1, 100_000);
    }

    [Fact]
    public void A_text_is_found_wherever_the_pieces_are_cut()
    {
        const string needle = "needle in the hay";
        var program = SearchProgram.Compile(new SearchKey.Body(needle.ToUpperInvariant()));
        for (var before = 4000; before < 4250; before++)
            Assert.True(program.Matches(Subjects.Of(Mails.Bytes("A: b\n\n" + new string('x', before) + needle + "\n"))), $"after {before}");
    }

    [Fact]
    public void A_message_that_is_gone_matches_nothing_that_needs_its_file()
    {
        Assert.False(SearchProgram.Compile(new SearchKey.Body("x")).Matches(Subjects.Of(null)));
        Assert.False(SearchProgram.Compile(new SearchKey.Not(new SearchKey.Body("x"))).Matches(Subjects.Of(null)));
    }

    [Theory]
    [InlineData("Content-Type: text/plain; charset=utf-8\n\nf\xC3\xBCr", "für")]
    [InlineData("Content-Type: text/plain\n\nf\xC3\xBCr", "für")]
    [InlineData("Content-Type: text/plain; charset=iso-8859-1\n\nf\xFCr", "für")]
    [InlineData("Content-Type: text/plain; charset=no-such-thing\n\nf\xFCr", "für")]
    [InlineData("Content-Type: text/plain; charset=utf-7\n\nf\xFCr", "für")]
    [InlineData("Content-Type: text/plain; charset=shift_jis\n\n\x93\xFA\x96\x7B", "日本")]
    [InlineData("Content-Type: text/plain; charset=iso-2022-jp\n\n\u001B$BF|K\\\u001B(B", "日本")]
    [InlineData("Content-Type: text/plain; charset=gb18030\n\n\xD6\xD0\xB9\xFA", "中国")]
    [InlineData("Content-Type: text/plain; charset=koi8-r\n\n\xD0\xD2\xC9\xD7\xC5\xD4", "привет")]
    [InlineData("Subject: x\n\nno MIME at all", "no mime")]
    [InlineData("no header at all\n\nbody", "body")]
    [InlineData("Content-Transfer-Encoding: base64\n\nZsO8\ncg==\n", "für")]
    [InlineData("Content-Transfer-Encoding: BASE64 \n\n!!!ZsO8cg", "für")]
    public void Charsets_and_encodings_are_undone(string mail, string text)
    {
        Assert.True(SearchProgram.Compile(new SearchKey.Body(text)).Matches(Subjects.Of(Mails.Bytes(mail))));
    }

    [Theory]
    [InlineData("=?iso-2022-jp?B?GyRCMnE1RBsoQg==?=", "会議")]
    [InlineData("=?koi8-r?B?8NLJ18XU?=", "привет")]
    [InlineData("=?windows-1252?Q?=80?=", "€")]
    [InlineData("Gr\xC3\xBC\xC3\x9F" + "e", "Grüße")]
    [InlineData("Gr\xFC\xDF" + "e", "Grüße")]
    [InlineData("=?no-such-charset?Q?abc?= def", "def")]
    [InlineData("=?utf-8?Q?=?= =?utf-8?B?*?= x", "x")]
    public void Header_fields_are_decoded(string raw, string text)
    {
        Assert.True(SearchProgram.Compile(new SearchKey.Header("Subject", text)).Matches(Subjects.Of(Mails.Bytes($"Subject: {raw}\n\n"))));
    }

    [Fact]
    public void Searches_go_through_every_mail_of_the_corpora()
    {
        var program = SearchProgram.Compile(new SearchKey.And([new SearchKey.Text("e"), new SearchKey.Not(new SearchKey.Body("no mail holds this")), new SearchKey.Or(new SearchKey.Sent(DateComparison.Since, new(1970, 1, 1)), new SearchKey.All())]));
        var (all, matching) = (0, 0);
        foreach (var file in Mails.Files())
        {
            all++;
            matching += program.Matches(Subjects.Of(Mails.Load(file))) ? 1 : 0;
        }

        Assert.InRange(matching, all * 9 / 10, all);
    }

    private sealed class CountingStream(byte[] bytes) : MemoryStream(bytes)
    {
        public long Octets { get; private set; }

        public override int Read(byte[] buffer, int offset, int count)
        {
            var read = base.Read(buffer, offset, count);
            Octets += read;
            return read;
        }

        public override int Read(Span<byte> buffer)
        {
            var read = base.Read(buffer);
            Octets += read;
            return read;
        }
    }
}
