using System.Text;
using MailServer.Wire.Imap;

namespace MailServer.Wire.Tests.Imap;

/// <summary>Every command's grammar, as tables of what is read and what is refused.</summary>
public sealed class RequestParserTests(ITestOutputHelper output)
{
    private static readonly string[] Good =
    [
        "a NOOP", "A1 noop ", "a.b-c] CAPABILITY", "a LOGIN alice \"pass \\\"word\\\\\"", "a LOGIN {5}\r\nalice {3+}\r\na b",
        "a LOGIN \"\" \"\"", "a AUTHENTICATE PLAIN", "a AUTHENTICATE PLAIN =", "a AUTHENTICATE PLAIN AGE=", "a STARTTLS", "a LOGOUT",
        "a ENABLE CONDSTORE QRESYNC", "a ID NIL", "a ID ()", "a ID (\"a\" \"b\" \"c\" NIL)", "a SELECT INBOX", "a EXAMINE \"a b\"",
        "a SELECT {7}\r\nx{3}\r\nx", "a CREATE x", "a CREATE x (USE (\\Sent))", "a CREATE x (USE ())", "a DELETE x", "a RENAME x {1+}\r\ny",
        "a SUBSCRIBE #news.x", "a UNSUBSCRIBE x", "a LIST \"\" *", "a LIST \"\" %", "a LIST x \"*\"", "a LSUB \"\" a%b*", "a LIST (SUBSCRIBED RECURSIVEMATCH) \"\" (a \"b\" %) RETURN (CHILDREN STATUS (MESSAGES))", "a LIST () \"\" * RETURN ()",
        "a STATUS x (MESSAGES)", "a STATUS x (UIDNEXT UIDVALIDITY UNSEEN RECENT SIZE)", "a CHECK", "a CLOSE", "a UNSELECT", "a EXPUNGE",
        "a UID EXPUNGE 1:*", "a NAMESPACE", "a IDLE", "a SEARCH ALL", "a SEARCH CHARSET UTF-8 TEXT {1+}\r\n\u00e4", "a UID SEARCH 1:3 NOT SEEN",
        "a SEARCH OR SEEN (FROM x TO y)", "a SEARCH HEADER X-Y \"\"", "a SEARCH ON 1-Jan-2020 SENTSINCE \"31-Dec-1999\"", "a SEARCH LARGER 4294967296",
        "a SEARCH KEYWORD $Junk UNKEYWORD x", "a FETCH 1 FLAGS", "a FETCH 1:*,5 (UID FLAGS)", "a UID FETCH 4:2 FULL", "a FETCH 1 BODY",
        "a FETCH 1 BODY[]", "a FETCH 1 BODY.PEEK[]<0.100>", "a FETCH 1 BODY[1.2.HEADER]", "a FETCH 1 BODY[HEADER.FIELDS (A \"B\" {1}\r\nC)]",
        "a FETCH 1 BODY[1.2.MIME]", "a FETCH 1 BODY[TEXT]<1.2>", "a FETCH 1 (RFC822 RFC822.SIZE RFC822.HEADER RFC822.TEXT)", "a FETCH 1 BODYSTRUCTURE",
        "a STORE 1 FLAGS ()", "a STORE 1 +FLAGS \\Seen \\Deleted", "a UID STORE 1,3 -FLAGS.SILENT ($x \\Answered)", "a COPY 1 x", "a UID COPY 1:2 \"x\"",
        "a MOVE 1 x", "a UID MOVE * x", "a SEARCH CHARSET X ALL", "a SEARCH RETURN () ALL", "a UID SEARCH RETURN (MIN MAX COUNT SAVE ALL) CHARSET UTF-8 ALL",
        "a SEARCH RETURN (SAVE PARTIAL -1:-100) $", "a SEARCH UID $ OR $ NOT $", "a SEARCH MODSEQ 0", "a SEARCH MODSEQ \"/flags/\\\\Seen\" all 9223372036854775807",
        "a SEARCH OLDER 1 YOUNGER 4294967295", "a SEARCH EMAILID M1 THREADID T1", "a SEARCH SAVEDBEFORE 1-Jan-2020 SAVEDON 1-Jan-2020 SAVEDSINCE 1-Jan-2020 SAVEDATESUPPORTED",
        "a FETCH $ (MODSEQ EMAILID THREADID SAVEDATE)", "a UID FETCH 1:* FLAGS (CHANGEDSINCE 1 VANISHED)", "a UID FETCH 1:* (UID) (PARTIAL 1:10 CHANGEDSINCE 3)", "a FETCH 1 ALL (CHANGEDSINCE 1)",
        "a STORE $ (UNCHANGEDSINCE 0) +FLAGS.SILENT \\Seen", "a SELECT x (CONDSTORE)", "a EXAMINE x (QRESYNC (1 2) CONDSTORE)", "a SELECT x (QRESYNC (4294967295 9223372036854775807 1:2,4))",
        "a SELECT x (QRESYNC (1 2 (1:3 4:6)))", "a SELECT x (QRESYNC (1 2 3 (4,5 6,7)))", "a STATUS x (HIGHESTMODSEQ MAILBOXID APPENDLIMIT DELETED DELETED-STORAGE)", "a GETQUOTA \"\"",
        "a GETQUOTAROOT INBOX", "a UNAUTHENTICATE", "a SORT (DATE) UTF-8 ALL", "a UID SORT RETURN (COUNT) (REVERSE DATE Subject displayfrom) us-ascii 1:2 SEEN",
        "a THREAD references utf-8 ALL", "a UID THREAD ORDEREDSUBJECT X ALL",
        "a COMPRESS DEFLATE", "a CANCELUPDATE \"a\" \"b\"", "a SEARCH RETURN (UPDATE CONTEXT) ALL", "a SEARCH RETURN (RELEVANCY) FUZZY (TEXT \"x y\")",
        "a SORT (REVERSE RELEVANCY) UTF-8 NOT FUZZY BODY x", "a ESEARCH ALL", "a ESEARCH IN (personal) RETURN (COUNT) UNSEEN",
        "a ESEARCH IN (mailboxes (INBOX \"x y\") subtree-one a subtree {1+}\r\nb inboxes selected subscribed) CHARSET UTF-8 ALL",
        "a GETMETADATA INBOX /private/comment", "a GETMETADATA (MAXSIZE 10 DEPTH infinity) \"\" (/shared/a /private/b)", "a GETMETADATA x (DEPTH 1) /SHARED/x",
        "a SETMETADATA INBOX (/private/comment NIL /shared/x \"y\" /private/z ~{2+}\r\n\0\r)", "a LIST \"\" * RETURN (METADATA (/private/a) STATUS (MESSAGES))",
    ];

    private static readonly string[] Bad =
    [
        "", "a", "a ", " NOOP", "+a NOOP", "a\tNOOP", "* NOOP", "a{1}\r\nb NOOP", "a NOOP x", "a  NOOP", "a LOGIN", "a LOGIN a", "a LOGIN a b c",
        "a LOGIN a \"b", "a LOGIN a \"b\\c\"", "a LOGIN a {5}\r\nb", "a LOGIN a {1}b", "a LOGIN a\u00e4 b", "a LOGIN (a) b", "a LOGIN {1}\r\n\0 b",
        "a AUTHENTICATE", "a ENABLE", "a ID", "a ID (\"a\")", "a ID (\"a\" b)", "a ID (a \"b\")", "a SELECT", "a SELECT a b", "a SELECT a*", "a CREATE x (USE)",
        "a CREATE x (USE (Sent))", "a CREATE x y", "a RENAME x", "a LIST x", "a LIST \"\" ()", "a LIST \"\" (x", "a LIST (FOO) \"\" x", "a LIST (RECURSIVEMATCH REMOTE) \"\" x", "a LIST \"\" x RETURN", "a LIST \"\" x RETURN (FOO)",
        "a LIST \"\" x RETURN (STATUS)", "a LIST (SUBSCRIBED", "a LIST (SUBSCRIBEDREMOTE) \"\" x", "a STATUS x", "a STATUS x ()", "a STATUS x (MESSAGESX)",
        "a STATUS x (MESSAGES", "a UID", "a UID NOOP", "a UID EXPUNGE", "a UID EXPUNGE x", "a EXPUNGE 1", "a SEARCH", "a SEARCH ", "a SEARCH (", "a SEARCH ()",
        "a SEARCH (ALL", "a SEARCH OR ALL", "a SEARCH NOT", "a SEARCH ON 32-Jan-2020", "a SEARCH ON 30-Feb-2020", "a SEARCH ON 1-Foo-2020", "a SEARCH ON 001-Jan-2020",
        "a SEARCH LARGER x", "a SEARCH LARGER 99999999999999999999", "a SEARCH FOO", "a SEARCH 0", "a SEARCH 1:", "a SEARCH CHARSET UTF-8",
        "a SEARCH RETURN ALL", "a SEARCH RETURN (ALL", "a SEARCH RETURN (ALL)", "a SEARCH RETURN (FOO) ALL", "a SEARCH RETURN (PARTIAL 1) ALL",
        "a SEARCH RETURN (PARTIAL 1:-2) ALL", "a SEARCH RETURN (PARTIAL 0:1) ALL", "a SEARCH RETURN (PARTIAL 1:2 ALL) ALL", "a SEARCH RETURN (PARTIAL 1:2 PARTIAL 1:2) ALL",
        "a SEARCH MODSEQ", "a SEARCH MODSEQ x", "a SEARCH MODSEQ \"/flags/\\\\seen\" 5", "a SEARCH MODSEQ \"/flags/\\\\seen\" none 5", "a SEARCH OLDER 0", "a SEARCH YOUNGER -1",
        "a SEARCH EMAILID", "a SEARCH SAVEDON x", "a SEARCH $$", "a FETCH $,1 FLAGS", "a SELECT x ()", "a SELECT x (CONDSTORE", "a SELECT x (QRESYNC)", "a SELECT x (QRESYNC ())",
        "a SELECT x (QRESYNC (1))", "a SELECT x (QRESYNC (0 1))", "a SELECT x (QRESYNC (1 0))", "a SELECT x (QRESYNC (1 2 *))", "a SELECT x (QRESYNC (1 2 $))", "a SELECT x (QRESYNC (1 2 3 (4)))",
        "a SELECT x (QRESYNC (1 2 3 4))", "a SELECT x (QRESYNC (1 2) QRESYNC (1 2))", "a SELECT x (FOO)", "a FETCH 1 FLAGS ()", "a FETCH 1 FLAGS (CHANGEDSINCE)", "a FETCH 1 FLAGS (CHANGEDSINCE 9223372036854775808)",
        "a FETCH 1 FLAGS (VANISHED CHANGEDSINCE 1)", "a UID FETCH 1 FLAGS (VANISHED)", "a FETCH 1 FLAGS (PARTIAL 1:2)", "a UID FETCH 1 FLAGS (PARTIAL 1:2", "a STORE 1 (UNCHANGEDSINCE) FLAGS ()",
        "a STORE 1 (UNCHANGEDSINCE 1)FLAGS ()", "a STORE 1 (FOO 1) FLAGS ()", "a COMPRESS", "a COMPRESS \"DEFLATE\"", "a CANCELUPDATE", "a CANCELUPDATE a", "a SEARCH RETURN (RELEVANCY) TEXT x", "a SORT (RELEVANCY) UTF-8 TEXT x",
        "a ESEARCH", "a ESEARCH IN personal ALL", "a ESEARCH IN () ALL", "a ESEARCH IN (subtree) ALL", "a ESEARCH IN (selected-delayed) ALL", "a ESEARCH IN (personal) RETURN (SAVE) ALL",
        "a GETMETADATA", "a GETMETADATA INBOX", "a GETMETADATA INBOX /private", "a GETMETADATA INBOX /private/", "a GETMETADATA INBOX (DEPTH 2) /private/a", "a GETMETADATA INBOX private/a",
        "a SETMETADATA INBOX", "a SETMETADATA INBOX ()", "a SETMETADATA INBOX (/private/a)", "a SETMETADATA INBOX (/private/a* NIL)", "a SETMETADATA INBOX (/private/\u00e4 NIL)",
        "a SEARCH TEXT \"\u00c3\"", "a GETQUOTA", "a GETQUOTAROOT", "a UNAUTHENTICATE x", "a SORT", "a SORT (DATE UTF-8 ALL", "a SORT (DATE) UTF-8", "a THREAD", "a THREAD X UTF-8 ALL", "a STATUS x (MAILBOXIDS)",
        "a FETCH", "a FETCH 1", "a FETCH 0 FLAGS", "a FETCH 01 FLAGS", "a FETCH 1, FLAGS", "a FETCH 1:: FLAGS", "a FETCH 4294967296 FLAGS",
        "a FETCH 1 ()", "a FETCH 1 (FLAGS", "a FETCH 1 FLAGSX", "a FETCH 1 (FLAGS)x", "a FETCH 1 BODY.PEEK", "a FETCH 1 BODY[", "a FETCH 1 BODY[0]", "a FETCH 1 BODY[1.]",
        "a FETCH 1 BODY[.1]", "a FETCH 1 BODY[MIME]", "a FETCH 1 BODY[HEADER.FIELDS]", "a FETCH 1 BODY[HEADER.FIELDS ()]", "a FETCH 1 BODY[HEADER.FIELDS (A]",
        "a FETCH 1 BODY[]<0>", "a FETCH 1 BODY[]<0.0>", "a FETCH 1 BODY[]<1.2", "a FETCH 1 BODY[TEXT]x", "a STORE 1 FLAGS", "a STORE 1 *FLAGS \\Seen",
        "a STORE 1 FLAGS (\\Foo)", "a STORE 1 FLAGS (\\Seen", "a STORE 1 FLAGS.LOUD \\Seen", "a STORE x FLAGS \\Seen", "a COPY 1", "a COPY x y", "a MOVE 1 x y",
        "a APPEND x", "a APPEND x \"y\"", "a XYZZY", "a \u00e4",
    ];

    public static TheoryData<string> GoodLines => [.. Good];

    public static TheoryData<string> BadLines => [.. Bad];

    [Theory]
    [MemberData(nameof(GoodLines))]
    public void Reads(string line) => Assert.Equal(RequestFault.None, RequestParser.Parse(Octets(line), out _));

    [Theory]
    [MemberData(nameof(BadLines))]
    public void Refuses(string line)
    {
        Assert.NotEqual(RequestFault.None, RequestParser.Parse(Octets(line), out var request));
        Assert.Null(request);
    }

    [Theory]
    [InlineData("a XYZZY", RequestFault.UnknownCommand)]
    [InlineData("NOOP", RequestFault.BadTag)]
    [InlineData("a STORE 1 FLAGS (", RequestFault.BadArguments)]
    public void Says_why(string line, RequestFault fault) => Assert.Equal(fault, RequestParser.Parse(Octets(line), out _));

    [Fact]
    public void Depth_and_numbers_are_bounded()
    {
        Assert.Equal(RequestFault.TooDeep, Fault("a SEARCH " + new string('(', 51) + "ALL" + new string(')', 51)));
        Assert.Equal(RequestFault.TooDeep, Fault("a SEARCH " + string.Concat(Enumerable.Repeat("NOT ", 51)) + "ALL"));
        Assert.Equal(RequestFault.None, Fault("a SEARCH " + new string('(', 49) + "ALL" + new string(')', 49)));
        Assert.Equal(RequestFault.TooMany, Fault("a SEARCH" + string.Concat(Enumerable.Repeat(" SEEN", 1001))));
        Assert.Equal(RequestFault.TooMany, Fault("a FETCH 1 (" + string.Join(' ', Enumerable.Repeat("UID", 65)) + ")"));
        Assert.Equal(RequestFault.TooMany, Fault("a FETCH 1 BODY[HEADER.FIELDS (" + string.Join(' ', Enumerable.Repeat("X", 257)) + ")]"));
        Assert.Equal(RequestFault.TooDeep, Fault("a FETCH 1 BODY[" + string.Join('.', Enumerable.Repeat("1", 129)) + "]"));
        Assert.Equal(RequestFault.BadArguments, Fault("a STORE 1 FLAGS (" + string.Join(' ', Enumerable.Repeat("x", 129)) + ")"));
        Assert.Equal(RequestFault.BadTag, Fault(new string('a', 65) + " NOOP"));
    }

    [Fact]
    public void A_password_is_in_no_text_that_could_be_logged()
    {
        RequestParser.Parse(Octets("a LOGIN alice secret"), out var login);
        RequestParser.Parse(Octets("a AUTHENTICATE PLAIN c2VjcmV0"), out var authenticate);
        Assert.Equal("Login", login!.ToString());
        Assert.Equal("Authenticate", authenticate!.ToString());
    }

    [Fact]
    public void Reads_FETCH_to_its_values()
    {
        RequestParser.Parse(Octets("a UID FETCH 1:3,* (FLAGS BODY.PEEK[1.2.HEADER.FIELDS.NOT (A {1}\r\nB)]<5.10>)"), out var request);
        var fetch = Assert.IsType<ImapRequest.Fetch>(request);
        Assert.True(fetch.IsUid);
        Assert.Equal([new SequenceRange(1, 3), new(SequenceRange.Star, SequenceRange.Star)], fetch.Messages);
        Assert.Equal(FetchItem.Flags, fetch.Items[0]);
        var item = fetch.Items[1];
        Assert.Equal((FetchName.BodySection, true, new PartialRange(5, 10)), (item.Name, item.IsPeek, item.Partial!.Value));
        Assert.Equal([1u, 2u], item.Section!.Part);
        Assert.Equal(SectionText.HeaderFieldsNot, item.Section.Text);
        Assert.Equal(["A", "B"], item.Section.Fields.Select(field => Encoding.ASCII.GetString(field.Span)));
    }

    [Fact]
    public void Reads_STORE_to_its_values()
    {
        RequestParser.Parse(Octets("a STORE 2 -flags.silent (\\seen \\RECENT $Work $work x)"), out var request);
        var store = Assert.IsType<ImapRequest.Store>(request);
        Assert.Equal((StoreMode.Remove, true, FlagBits.Seen), (store.Mode, store.IsSilent, store.Flags.System));
        Assert.Equal(["$Work", "x"], store.Flags.Keywords.Select(keyword => Encoding.ASCII.GetString(keyword.Span)));
    }

    [Fact]
    public void Reads_SEARCH_to_its_values()
    {
        RequestParser.Parse(Octets("a SEARCH OR FROM x NOT (UID 4 LARGER 5) SINCE 2-Feb-2021"), out var request);
        var term = Assert.IsType<ImapRequest.Search>(request).Term;
        Assert.Equal([SearchWord.Or, SearchWord.Since], term.Terms.Select(one => one.Word));
        Assert.Equal(new DateOnly(2021, 2, 2), term.Terms[1].Date);
        var not = term.Terms[0].Terms[1];
        Assert.Equal((SearchWord.Not, SearchWord.And), (not.Word, not.Terms[0].Word));
        Assert.Equal([SearchWord.Uid, SearchWord.Larger], not.Terms[0].Terms.Select(one => one.Word));
    }

    [Theory]
    [InlineData("a APPEND x {5}\r\n", true)]
    [InlineData("a APPEND x () {5}\r\n", true)]
    [InlineData("a APPEND x (\\Seen $a) \" 1-Feb-2020 10:11:12 -0800\" {5+}\r\n", true)]
    [InlineData("a APPEND x \"01-Feb-2020 10:11:12 +0000\" {5}\r\n", true)]
    [InlineData("a APPEND x \"1-Feb-2020 24:11:12 +0000\" {5}\r\n", false)]
    [InlineData("a APPEND x \"1-Feb-2020 10:11:12 0000\" {5}\r\n", false)]
    [InlineData("a APPEND x \"1-Feb-2020 10:11:12 +9900\" {5}\r\n", false)]
    [InlineData("a APPEND x \"1-Jan-0001 10:11:12 +1200\" {5}\r\n", false)]
    [InlineData("a APPEND x (\\Bad) {5}\r\n", false)]
    public void Reads_APPEND_up_to_its_message(string line, bool isRead) => Assert.Equal(isRead, AppendRequest.TryRead(Octets(line), AppendState.Start, out _));

    [Fact]
    public void Nothing_ever_throws()
    {
        var seed = Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        for (var i = 0; i < 40_000; i++)
        {
            var octets = Mutator.Change(random, Encoding.Latin1.GetBytes(Good[random.Next(Good.Length)]));
            var fault = RequestParser.Parse(octets, out var request);
            Assert.Equal(fault == RequestFault.None, request is not null);
            AppendRequest.TryRead(octets, (AppendState)random.Next(3), out _);
            _ = ImapUrl.TryParse(octets, out _);
        }
    }

    private static RequestFault Fault(string line) => RequestParser.Parse(Octets(line), out _);

    private static byte[] Octets(string line) => Encoding.Latin1.GetBytes(line);
}
