using System.Globalization;

namespace MailServer.Rules.Tests;

/// <summary>What a script sees of a mail: each row is a question and its answer.</summary>
public sealed class NounTests
{
    private static readonly Facts Source = new()
    {
        From = "erin@lab.work.example",
        Received = new(2026, 11, 24, 23, 7, 8, TimeSpan.FromHours(1)),
        AuthenticationResults =
        [
            "mx.example.org 1; spf=softfail (why; not) smtp.mailfrom=bounce.example; dkim=fail header.d=other.example; dkim/1=PASS reason=\"good; \\\"yes\\\"\" header.d=Work.Example (2048 bits)",
            "mx.example.org; arc=none",
        ],
        Origin = new() { Sender = "bounces+alice@list.example", Helo = "mail.work.example", ClientIp = "::ffff:192.0.2.25", Tls = "TLSv1.3", User = "" },
        Parts =
        [
            new("text/plain", "", 10), new("text/html", "", 10), new("application/pdf", "Bill 19.PDF", 60_000, true), new("image/png", "logo.png", 900), new("text/calendar", ""),
            new("application/octet-stream", "", 5, true),
        ],
        Text = "Dear Alice,\nyour order 4711 was sent.\n",
        Header = new(StringComparer.OrdinalIgnoreCase)
        {
            ["Subject"] = ["Re: [ticket 4711] Order"],
            ["Message-ID"] = ["  <abc@work.example> (x)"],
            ["X-Two"] = ["one", "two"],
            ["X-Empty"] = [""],
        },
    };

    private static readonly RecipientFacts Alice = new()
    {
        Address = "alice+Shop@example.org",
        Detail = "Shop",
        Account = "alice@example.org",
        Folders = [new("INBOX"), new("Work"), new("Work/apollo"), new("Work/apollo/old"), new("Workshop"), new("Spam"), new("Bin", "\\Trash"), new("Shop")],
    };

    private static readonly (string Question, Func<RuleGlobals, object?> Ask, string Answer)[] Table =
    [
        ("subject", rule => rule.Mail.Subject.Value, "Re: [ticket 4711] Order"),
        ("has any", rule => rule.Mail.Subject.HasAny("x", "ORDER"), "True"),
        ("has any of none", rule => rule.Mail.Subject.HasAny(), "False"),
        ("like", rule => rule.Mail.Subject.Like("re: *order"), "True"),
        ("like needs the whole", rule => rule.Mail.Subject.Like("order"), "False"),
        ("like, one character", rule => rule.Mail.Subject.Like("Re: [ticket 471?] Order"), "True"),
        ("matches", rule => rule.Mail.Subject.Matches(@"TICKET \d+\]"), "True"),
        ("does not match", rule => rule.Mail.Subject.Matches("^ticket"), "False"),
        ("find the group", rule => rule.Mail.Subject.Find(@"\[ticket (\d+)\]"), "4711"),
        ("find the whole", rule => rule.Mail.Subject.Find(@"\d+"), "4711"),
        ("find nothing", rule => rule.Mail.Subject.Find("xyz"), ""),
        ("a field of several values", rule => rule.Mail["x-two"].Is("TWO"), "True"),
        ("their first", rule => (string)rule.Mail["X-Two"], "one"),
        ("an empty field is there", rule => rule.Mail["X-Empty"].Exists, "True"),
        ("a missing field is not", rule => rule.Mail["X-None"].Exists, "False"),
        ("a missing field has no match", rule => rule.Mail["X-None"].Matches(".*"), "False"),
        ("null asks nothing", rule => rule.Mail.Subject.Has(null!) || rule.Mail.Subject.Matches(null!) || rule.Mail.Subject.Like(null!) || rule.Mail.Subject.HasAny(null!), "False"),
        ("from", rule => rule.Mail.From.IsIn("work.example"), "True"),
        ("not a longer name", rule => rule.Mail.From.IsIn("rk.example"), "False"),
        ("no reply-to", rule => rule.Mail.ReplyTo.Count, "0"),
        ("any address field", rule => rule.Mail.AddressesIn("From").Address, "erin@lab.work.example"),
        ("message-id", rule => rule.Mail.MessageId, "abc@work.example"),
        ("spf", rule => $"{rule.Mail.Auth.Spf.Result} {rule.Mail.Auth.Spf.Passed} {rule.Mail.Auth.Spf.Failed} {rule.Mail.Auth.Spf.Domain}", "softfail False False bounce.example"),
        ("dkim: one has passed", rule => $"{rule.Mail.Auth.Dkim.Result} {rule.Mail.Auth.Dkim.Domain}", "pass work.example"),
        ("dmarc: nobody checked", rule => $"{rule.Mail.Auth.Dmarc.Result} {rule.Mail.Auth.Dmarc.Passed} {rule.Mail.Auth.Dmarc.Failed} {rule.Mail.IsAuthentic}", " False False False"),
        ("arc", rule => rule.Mail.Auth.Arc.Result, "none"),
        ("body", rule => rule.Mail.Body.Find(@"order (\d+)"), "4711"),
        ("attachments", rule => string.Join('|', rule.Mail.Attachments.Select(file => $"{file.Name} {file.Type} {file.Size.ToString(CultureInfo.InvariantCulture)}")), "Bill 19.PDF application/pdf 60000|logo.png image/png 900| application/octet-stream 5"),
        ("an attachment by its name", rule => rule.Mail.Attachments.Any(file => file.Like("bill *.pdf")), "True"),
        ("has an attachment", rule => rule.Mail.HasAttachment("*.pdf"), "True"),
        ("has a part", rule => rule.Mail.HasAttachment("TEXT/Calendar"), "True"),
        ("has no such part", rule => rule.Mail.HasAttachment("*.ics"), "False"),
        ("received", rule => rule.Now.ToString("HH:mm zzz", CultureInfo.InvariantCulture), "23:07 +01:00"),
        ("detail", rule => rule.Detail, "Shop"),
        ("sender", rule => $"{rule.Envelope.Sender} {rule.Envelope.Sender.IsIn("example")} {rule.Envelope.Sender.LocalPart}", "bounces+alice@list.example True bounces+alice"),
        ("recipient", rule => $"{rule.Envelope.Recipient} {rule.Envelope.Account}", "alice+Shop@example.org alice@example.org"),
        ("helo and more", rule => $"{rule.Envelope.Helo} {rule.Envelope.IsEncrypted} {rule.Envelope.User}|", "mail.work.example True |"),
        ("client", rule => $"{rule.Envelope.IsFrom("192.0.2.0/24")} {rule.Envelope.IsFrom("192.0.2.25")} {rule.Envelope.IsFrom("198.51.100.0/24")} {rule.Envelope.IsFrom("nonsense")} {rule.Envelope.IsFrom(null!)}", "True True False False False"),
        ("folder exists", rule => $"{rule.Folders.Exists("Work")} {rule.Folders.Exists("work")} {rule.Folders.Exists("inbox")} {rule.Folders.Exists("../x")} {rule.Folders.Exists(null!)}", "True False True False False"),
        ("find a folder", rule => $"{rule.Folders.Find("shop")} {rule.Folders.Find("APOLLO")} {rule.Folders.Find("none")}| {rule.Folders.Find("")}|", "Shop Work/apollo | |"),
        ("below a folder", rule => string.Join(' ', rule.Folders.Under("Work")), "Work/apollo Work/apollo/old"),
        ("below nothing", rule => rule.Folders.Under("").Count + rule.Folders.Under(null!).Count, "0"),
        ("special folders", rule => $"{rule.Folders.Junk} {rule.Folders.Archive} {rule.Folders.Trash}", "Spam Archive Bin"),
        ("all folders", rule => rule.Folders.All.Count, "8"),
    ];

    [Fact]
    public void Each_question_has_its_answer()
    {
        var rule = new RuleGlobals(new(Source), Alice, new(Delivery.Keep));
        Assert.Equal(Table.Select(row => $"{row.Question}: {row.Answer}"), Table.Select(row => $"{row.Question}: {row.Ask(rule)}"));
    }

    [Fact]
    public void A_mail_of_nothing_answers_every_question_and_throws_none()
    {
        var rule = new RuleGlobals(new(new Facts { From = "" }), new RecipientFacts(), new(Delivery.Keep));
        Assert.All(Table, row => Assert.NotNull($"{row.Ask(rule)}"));
        Assert.NotEmpty(rule.Mail.MessageId);
        Assert.Equal("", rule.Mail.From.Address);
    }

    [Theory]
    [InlineData("List-Id", "<a.b>", true, true, false)]
    [InlineData("List-Post", "<mailto:a@b>", true, true, false)]
    [InlineData("Precedence", "list", true, true, false)]
    [InlineData("Precedence", "Bulk", false, true, false)]
    [InlineData("Precedence", "auto_reply", false, false, true)]
    [InlineData("List-Unsubscribe", "<https://x.example>", false, true, false)]
    [InlineData("Auto-Submitted", "no", false, false, false)]
    [InlineData("Auto-Submitted", "auto-generated; x=y", false, false, true)]
    [InlineData("X-Other", "list", false, false, false)]
    public void Lists_bulk_and_machines_are_known_by_their_fields(string field, string value, bool isList, bool isBulk, bool isAutomatic)
    {
        var mail = Facts.Mail("x", (field, value));
        Assert.Equal((isList, isBulk, isAutomatic), (mail.IsList, mail.IsBulk, mail.IsAutomatic));
    }

    [Fact]
    public void Mails_without_a_Message_ID_are_told_apart_by_what_they_have()
    {
        var one = Facts.Mail("a", ("Date", "Tue, 24 Nov 2026 06:07:08 +0000"));
        var same = Facts.Mail("a", ("Date", "Tue, 24 Nov 2026 06:07:08 +0000"));
        var other = Facts.Mail("a", ("Date", "Tue, 24 Nov 2026 06:07:09 +0000"), ("Message-ID", "<>"));
        Assert.Equal(one.MessageId, same.MessageId);
        Assert.NotEqual(one.MessageId, other.MessageId);
    }

    [Theory]
    [InlineData("(", typeof(System.Text.RegularExpressions.RegexParseException))]
    [InlineData("(?=x)", typeof(NotSupportedException))]
    [InlineData(@"(a)\1", typeof(NotSupportedException))]
    public void An_expression_that_cannot_be_is_an_error_of_the_script(string expression, Type type) =>
        Assert.IsType(type, Record.Exception(() => Facts.Mail("x").Subject.Matches(expression)));

    [Fact]
    public void No_expression_takes_long_and_a_long_one_is_refused()
    {
        var text = new MailText([new string('a', MailText.MaxBody)]);
        // Backtracking this would outlast the universe; without, it is one pass.
        Assert.False(text.Matches("(a+)+$b"));
        Assert.Throws<ArgumentException>(() => text.Matches(new string('a', 1001)));
        for (var i = 0; i < 1200; i++)
            text.Matches($"b{i.ToString(CultureInfo.InvariantCulture)}");
    }

    [Fact]
    public void Random_results_never_throw_and_never_pass_by_chance()
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);
        string[] pieces = ["dmarc", "=", "fail", ";", " ", "(", ")", "\"", "\\", "header.from", "x.example", "none", "\t", "/", "@", "dmarc=none"];
        for (var i = 0; i < 5000; i++)
        {
            var field = "mx.example.org; " + string.Concat(Enumerable.Range(0, random.Next(30)).Select(_ => pieces[random.Next(pieces.Length)]));
            Assert.False(new AuthenticationChecks([field]).Dmarc.Passed, $"seed {seed}: {field}");
        }

        // A comment or a quoted string is no result.
        Assert.False(new AuthenticationChecks(["mx; spf=fail (; dmarc=pass ) reason=\"; dmarc=pass \""]).Dmarc.Passed);
    }
}
