using System.Text.Json;
using MailServer.TestKit;

namespace MailServer.Relay.Tests;

public sealed class TransactionTests
{
    [Fact]
    public async Task A_message_is_sent_in_one_go_with_its_dots_stuffed()
    {
        await using var rig = await Rig.StartAsync();
        var result = await rig.SendAsync("Subject: x\r\n\r\n.\r\n..two\r\nend");
        Assert.Null(result.Problem);
        Assert.Equal("250 2.0.0 Ok: queued", result.Reply);
        Assert.Equal(["EHLO mx.example.org", "MAIL FROM:<alice@example.org> SIZE=27", "RCPT TO:<bob@elsewhere.example>", "DATA"], rig.Peer.Lines);
        Assert.Equal(["Subject: x\r\n\r\n..\r\n...two\r\nend\r\n.\r\n"], rig.Peer.Messages);
    }

    [Fact]
    public async Task An_old_server_is_spoken_to_step_by_step()
    {
        await using var rig = await Rig.StartAsync();
        rig.Peer.Answer = line => line.StartsWith("EHLO", StringComparison.Ordinal) ? "500 What?" : null;
        Assert.Null((await rig.SendAsync()).Problem);
        Assert.Equal(["EHLO mx.example.org", "HELO mx.example.org", "MAIL FROM:<alice@example.org>", "RCPT TO:<bob@elsewhere.example>", "DATA"], rig.Peer.Lines);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Each_recipient_has_its_own_answer(bool isPipelined)
    {
        await using var rig = await Rig.StartAsync();
        if (!isPipelined)
            rig.Peer.Extensions.Remove("PIPELINING");
        rig.Peer.Answer = line => line switch
        {
            "RCPT TO:<gone@e.example>" => "550-5.1.1 No such\r\n550 5.1.1 user",
            "RCPT TO:<late@e.example>" => "450 4.2.1 Busy",
            "RCPT TO:<full@e.example>" => "552 5.5.3 Too many",
            _ => null,
        };
        var results = await rig.SendAsync(new Rig.Message("a: b\r\n\r\n"), "gone@e.example", "bob@e.example", "late@e.example", "full@e.example");
        Assert.Equal(["5.1.1", null, "4.2.1", "4.5.3"], results.Select(result => result.Problem?.Status.ToString()));
        Assert.Equal("No such user", results[0].Problem!.Text);
        Assert.Equal("550 5.1.1 No such 5.1.1 user", results[0].Reply);
        Assert.Equal("127.0.0.1", results[0].Server);
        Assert.Single(rig.Peer.Messages);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_message_for_nobody_is_not_sent(bool isPipelined)
    {
        await using var rig = await Rig.StartAsync();
        if (!isPipelined)
            rig.Peer.Extensions.Remove("PIPELINING");
        // With PIPELINING the server says 354 all the same: it gets nothing.
        rig.Peer.Answer = line => line.StartsWith("RCPT", StringComparison.Ordinal) ? "550 5.1.1 No" : null;
        Assert.Equal("5.1.1", (await rig.SendAsync()).Problem?.Status.ToString());
        Assert.Empty(rig.Peer.Messages);
    }

    [Theory]
    [InlineData("MAIL", "451 4.7.1 Greylisted", "4.7.1", false)]
    [InlineData("MAIL", "550 5.7.1 Not you", "5.7.1", false)]
    [InlineData("MAIL", "530 Authentication required", "5.0.0", false)]
    [InlineData("MAIL", "550 4.7.1 Not the class of the code", "5.0.0", false)]
    [InlineData("DATA", "451 4.3.0 Not now", "4.3.0", false)]
    [InlineData("DATA", "554 5.6.0 Never", "5.6.0", false)]
    [InlineData("DATA", "250 What?", "4.0.0", false)]
    [InlineData("EHLO", "421 4.3.2 Closing", "4.3.2", true)]
    [InlineData("EHLO", "", "4.4.2", true)]
    [InlineData("EHLO", "hello yourself", "4.5.0", true)]
    [InlineData("EHLO", "250-one\r\n550 two", "4.5.0", true)]
    [InlineData("MAIL", "", "4.4.2", false)]
    [InlineData("RCPT", "", "4.4.2", false)]
    [InlineData("DATA", "", "4.4.2", false)]
    [InlineData("RCPT", "999 no code", "4.5.0", false)]
    [InlineData("RCPT", "25", "4.5.0", false)]
    public async Task What_a_server_says_decides_what_becomes_of_the_message(string verb, string answer, string status, bool isUnreachable)
    {
        foreach (var isPipelined in new[] { true, false })
        {
            await using var rig = await Rig.StartAsync();
            if (!isPipelined)
                rig.Peer.Extensions.Remove("PIPELINING");
            rig.Peer.Answer = line => line.StartsWith(verb, StringComparison.Ordinal) || verb == "EHLO" && line.StartsWith("HELO", StringComparison.Ordinal) ? answer : null;
            var result = await rig.SendAsync();
            Assert.Equal(status, result.Problem?.Status.ToString());
            Assert.Equal(isUnreachable, result.IsUnreachable);
            Assert.Empty(rig.Peer.Messages);
        }
    }

    [Theory]
    [InlineData("250 Ok", null)]
    [InlineData("451 4.3.0 Disk full", "4.3.0")]
    [InlineData("554 5.7.1 Spam", "5.7.1")]
    [InlineData("", "4.4.2")]
    [InlineData("nonsense", "4.5.0")]
    [InlineData("354 more", "4.0.0")]
    public async Task The_answer_to_the_end_is_what_counts(string answer, string? status)
    {
        await using var rig = await Rig.StartAsync();
        rig.Peer.Verdict = () => answer;
        Assert.Equal(status, (await rig.SendAsync()).Problem?.Status.ToString());
        Assert.Single(rig.Peer.Messages);
        Assert.Equal(1, rig.Peer.Connections);
    }

    [Theory]
    [InlineData("554 5.3.2 Go away")]
    [InlineData("421 4.3.2 Busy")]
    [InlineData("")]
    [InlineData("nonsense")]
    public async Task A_greeting_that_refuses_us_puts_the_mail_off_and_never_back(string greeting)
    {
        await using var rig = await Rig.StartAsync();
        rig.Peer.Greeting = greeting;
        var result = await rig.SendAsync();
        Assert.True(result.Problem?.Status.IsTransient);
        Assert.True(result.IsUnreachable);
    }

    [Fact]
    public async Task Where_nobody_listens_nobody_is_reached()
    {
        await using var rig = await Rig.StartAsync();
        await rig.Peer.DisposeAsync();
        var result = await rig.SendAsync();
        Assert.Equal(("4.4.1", true), (result.Problem?.Status.ToString(), result.IsUnreachable));
    }

    [Fact]
    public async Task A_server_that_hangs_up_within_the_message_gets_it_again_later_and_not_at_once()
    {
        await using var rig = await Rig.StartAsync();
        Assert.Null((await rig.SendAsync()).Problem);
        rig.Peer.HangsUpWithin = 10;
        var result = await rig.SendAsync(new string('a', 2_000_000));
        Assert.Equal("5.3.4", result.Problem?.Status.ToString());
        rig.Peer.Extensions.Remove("SIZE 100000");
        await using var other = await Rig.StartAsync();
        other.Peer.Extensions = ["PIPELINING"];
        Assert.Null((await other.SendAsync()).Problem);
        other.Peer.HangsUpWithin = 10;
        result = await other.SendAsync("a: b\r\n\r\n" + new string('a', 2_000_000));
        Assert.Equal("4.4.2", result.Problem?.Status.ToString());
        Assert.Equal(1, other.Peer.Connections);
    }

    [Fact]
    public async Task What_the_server_cannot_take_is_not_sent()
    {
        await using var rig = await Rig.StartAsync();
        Assert.Equal("5.3.4", (await rig.SendAsync(new string('a', 200_000))).Problem?.Status.ToString());
        Assert.Null((await rig.SendAsync("Subject: x\r\n\r\ncaf\u00e9\r\n")).Problem);
        Assert.Contains("MAIL FROM:<alice@example.org> SIZE=20 BODY=8BITMIME", rig.Peer.Lines);
        Assert.Null((await rig.SendAsync(new Rig.Message("Subject: x\r\n\r\n") { IsUtf8 = true }, "jürgen@e.example"))[0].Problem);
        Assert.Contains("MAIL FROM:<alice@example.org> SIZE=14 SMTPUTF8", rig.Peer.Lines);
        Assert.Contains("RCPT TO:<jürgen@e.example>", rig.Peer.Lines);

        await using var old = await Rig.StartAsync();
        old.Peer.Extensions = [];
        Assert.Equal("5.6.3", (await old.SendAsync("Subject: x\r\n\r\ncaf\u00e9\r\n")).Problem?.Status.ToString());
        Assert.Equal("5.6.7", (await old.SendAsync(new Rig.Message("Subject: x\r\n\r\n") { IsUtf8 = true }, "jürgen@e.example"))[0].Problem?.Status.ToString());
        Assert.Equal("5.6.7", (await old.SendAsync(new Rig.Message("Subject: \u00e9\r\n\r\n") { IsUtf8 = true }, "bob@e.example"))[0].Problem?.Status.ToString());
        // It came with SMTPUTF8 but needs none.
        Assert.Null((await old.SendAsync(new Rig.Message("Subject: x\r\n\r\n") { IsUtf8 = true }, "bob@e.example"))[0].Problem);
        Assert.Single(old.Peer.Messages);
    }

    [Theory]
    [InlineData("a b@e.example", "RCPT TO:<\"a b\"@e.example>")]
    [InlineData("a\"\\b@e.example", "RCPT TO:<\"a\\\"\\\\b\"@e.example>")]
    [InlineData("a.b+c@e.example", "RCPT TO:<a.b+c@e.example>")]
    [InlineData("a>@e.example", "RCPT TO:<\"a>\"@e.example>")]
    public async Task Local_parts_are_quoted(string recipient, string line)
    {
        await using var rig = await Rig.StartAsync();
        Assert.Null((await rig.SendAsync(recipient: recipient)).Problem);
        Assert.Contains(line, rig.Peer.Lines);
    }

    [Theory]
    [InlineData("a\r\nRCPT TO:<evil@e.example>\r\n@e.example")]
    [InlineData("a@e.example>\r\nDATA")]
    public async Task No_address_is_two_commands(string recipient)
    {
        await using var rig = await Rig.StartAsync();
        Assert.Equal("5.1.3", (await rig.SendAsync(recipient: recipient)).Problem?.Status.ToString());
        Assert.DoesNotContain(rig.Peer.Lines, line => line.StartsWith("MAIL", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_null_reverse_path_is_empty()
    {
        await using var rig = await Rig.StartAsync();
        Assert.Null((await rig.SendAsync(new Rig.Message("a: b\r\n\r\n") { ReversePath = null }, "bob@e.example"))[0].Problem);
        Assert.Contains("MAIL FROM:<> SIZE=8", rig.Peer.Lines);
    }

    public static TheoryData<string> FalseEnds
    {
        get
        {
            if (Corpora.Find("smtp-sessions", out _) is not { } folder)
                return ["missing"];
            using var json = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "smuggling-end-of-data.json")));
            return [.. json.RootElement.EnumerateArray().Select(entry => entry.GetProperty("bytesHex").GetString()!)];
        }
    }

    [Theory]
    [MemberData(nameof(FalseEnds))]
    public async Task Of_one_message_never_two_are_made(string end)
    {
        Assert.SkipWhen(Corpora.Find("smtp-sessions", out var reason) is null, reason);
        await using var rig = await Rig.StartAsync();
        var text = $"Subject: x\r\n\r\nouter{System.Text.Encoding.Latin1.GetString(Convert.FromHexString(end))}MAIL FROM:<evil@e.example>\r\nRCPT TO:<b@e.example>\r\nDATA\r\ninner\r\n.\r\n";
        Assert.Null((await rig.SendAsync(text)).Problem);
        var sent = Assert.Single(rig.Peer.Messages);
        // Whatever a server takes for a line's end, and whether it drops NULs or not: no line but the last is a dot.
        Assert.EndsWith("\r\n.\r\n", sent, StringComparison.Ordinal);
        Assert.DoesNotContain('\0', sent);
        Assert.DoesNotContain('\r', sent.Replace("\r\n", "", StringComparison.Ordinal));
        Assert.DoesNotContain('\n', sent.Replace("\r\n", "", StringComparison.Ordinal));
        Assert.Equal(1, sent.Split("\r\n").Count(line => line == "."));
        Assert.Equal(4, rig.Peer.Lines.Count);
    }
}
