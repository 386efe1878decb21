using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using MailServer.TestKit;

namespace MailServer.Smtp.Tests;

/// <summary>Sessions that other servers are tested with. Their texts are their own, so the first digit is compared.</summary>
public sealed class CorpusTests
{
    private const string Corpus = "smtp-sessions";

    [Theory]
    [InlineData("auth_not_tls")]
    [InlineData("bad_data_dot")]
    [InlineData("bad_rcpt_to")]
    [InlineData("empty_helo")]
    [InlineData("helo")]
    [InlineData("message_too_big")]
    [InlineData("sendmail")]
    [InlineData("unknown_command")]
    [InlineData("wrong_proto")]
    public async Task Chasquid(string name)
    {
        var folder = Corpora.Find(Corpus, out var reason);
        Assert.SkipWhen(folder is null, reason);
        Session? session = null;
        var number = 0;
        foreach (var line in await File.ReadAllLinesAsync(Path.Combine(folder!, "chasquid", "t-12-minor_dialogs", name + ".cmy")))
        {
            number++;
            var text = line.Length > 5 ? line[5..] : "";
            if (line.StartsWith("c tcp_connect", StringComparison.Ordinal))
            {
                var host = Session.NewHost(("max_message_size", 1L << 20));
                host.Server = host.Server with { Domains = ["testserver"] };
                host.Ingress = new TestServerIngress();
                session = await Session.StartAsync(host: host);
            }
            else if (line.StartsWith("c ->", StringComparison.Ordinal))
            {
                await session!.Connection.SendAsync(Encoding.UTF8.GetBytes(text + "\r\n"));
            }
            else if (line.StartsWith("c ~>", StringComparison.Ordinal))
            {
                await session!.Connection.SendAsync(Raw(text));
            }
            else if (line.StartsWith("c <...", StringComparison.Ordinal))
            {
                while (await session!.Connection.ReadLineAsync() is var reply && reply != line[7..])
                    Assert.NotNull(reply);
            }
            else if (line.StartsWith("c <", StringComparison.Ordinal))
            {
                var reply = await session!.Connection.ReadLineAsync();
                Assert.True(reply?[0] == text[0], $"{name}({number}): expected {text}, got {reply}");
            }
        }

        if (name == "sendmail")
            Assert.Equal(await File.ReadAllTextAsync(Path.Combine(folder!, "chasquid", "t-12-minor_dialogs", "sendmail.cmy.verify")),
                ((TestServerIngress)session!.Host.Ingress).Text!.Replace("\r\n", "\n"));
    }

    [Theory]
    [InlineData("helo", 1)]
    [InlineData("data_with_starttls", 1)]
    [InlineData("data_starts_with_starttls", 1)]
    [InlineData("starttls", 0)]
    [InlineData("starttls_with_injection", 0)]
    public async Task James(string name, int messages)
    {
        var folder = Corpora.Find(Corpus, out var reason);
        Assert.SkipWhen(folder is null, reason);
        var host = Session.NewHost();
        var ingress = new TestServerIngress();
        host.Ingress = ingress;
        var session = await Session.StartAsync(host: host);
        var lines = await File.ReadAllLinesAsync(Path.Combine(folder!, "james-mpt", name + ".test"));
        foreach (var line in lines.Where(line => line.StartsWith("C:", StringComparison.Ordinal)))
            await session.Connection.SendAsync(Regex.Unescape(line.Length > 3 ? line[3..] : "") + (line.EndsWith("\\r\\n", StringComparison.Ordinal) ? "" : "\r\n"));
        session.Connection.HangUp();
        await session.End.WaitAsync(TimeSpan.FromSeconds(10));
        var said = await session.RestAsync();
        // Every answer of theirs but those to EHLO, which are as many as the extensions.
        var expected = lines.Where(line => line.StartsWith("S: ", StringComparison.Ordinal) && !line.StartsWith("S: 250-", StringComparison.Ordinal)
            && line is not ("S: 250 STARTTLS" or "S: 250 8BITMIME" or "S: 250.*")).Select(line => line[3]).ToArray();
        var got = said.Where(line => !line.StartsWith("250-", StringComparison.Ordinal) && line != "250 HELP").Select(line => line[0]).ToArray();
        if (name == "starttls_with_injection")
            Assert.True(said[^1][0] is '4' or '5', said[^1]);
        else
            Assert.Equal(expected, got);
        Assert.Equal(messages, ingress.Text is null ? 0 : 1);
    }

    public static TheoryData<string> Smuggling
    {
        get
        {
            if (Corpora.Find(Corpus, out _) is not { } folder)
                return ["missing"];
            using var json = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "smuggling-end-of-data.json")));
            return [.. json.RootElement.EnumerateArray().Select(entry => entry.GetProperty("name").GetString() + " " + entry.GetProperty("bytesHex").GetString())];
        }
    }

    [Theory]
    [MemberData(nameof(Smuggling))]
    public async Task A_false_end_smuggles_nothing(string entry)
    {
        Assert.SkipWhen(Corpora.Find(Corpus, out var reason) is null, reason);
        var session = await Session.ReadyAsync();
        await session.SayAsync("MAIL FROM:<a@client.example>", "250 ");
        await session.SayAsync("RCPT TO:<alice@example.org>", "250 ");
        await session.SayAsync("DATA", "354 ");
        byte[] octets = [.. "Subject: x\r\n\r\nouter"u8, .. Convert.FromHexString(entry.Split(' ')[1]),
            .. "MAIL FROM:<evil@client.example>\r\nRCPT TO:<bob@example.org>\r\nDATA\r\ninner\r\n.\r\nQUIT\r\n"u8];
        await session.Connection.SendAsync(octets);
        await session.End.WaitAsync(TimeSpan.FromSeconds(10));
        var said = await session.RestAsync();
        Assert.Equal(2, said.Length);
        Assert.StartsWith("221 ", said[1]);
        Assert.Equal(said[0][0] == '2' ? 1 : 0, session.Ingress.Accepted.Count);
        Assert.All(session.Ingress.Accepted, mail => Assert.Equal([new("alice", "example.org")], mail.Recipients));
    }

    /// <summary>In a chunk none of them is an end; what is no line end is refused there too.</summary>
    [Theory]
    [MemberData(nameof(Smuggling))]
    public async Task A_false_end_in_a_chunk_smuggles_nothing(string entry)
    {
        Assert.SkipWhen(Corpora.Find(Corpus, out var reason) is null, reason);
        var session = await Session.ReadyAsync();
        await session.SayAsync("MAIL FROM:<a@client.example>", "250 ");
        await session.SayAsync("RCPT TO:<alice@example.org>", "250 ");
        byte[] message = [.. "Subject: x\r\n\r\nouter"u8, .. Convert.FromHexString(entry.Split(' ')[1]),
            .. "MAIL FROM:<evil@client.example>\r\nRCPT TO:<bob@example.org>\r\nDATA\r\ninner\r\n.\r\nQUIT\r\n"u8];
        byte[] octets = [.. Encoding.ASCII.GetBytes($"BDAT {message.Length} LAST\r\n"), .. message, .. "QUIT\r\n"u8];
        await session.Connection.SendAsync(octets);
        await session.End.WaitAsync(TimeSpan.FromSeconds(10));
        var said = await session.RestAsync();
        Assert.Equal(2, said.Length);
        Assert.StartsWith("221 ", said[1]);
        var text = Encoding.Latin1.GetString(message);
        var isClean = !text.Replace("\r\n", "", StringComparison.Ordinal).AsSpan().ContainsAny('\r', '\n');
        Assert.Equal(isClean ? "250" : "554", said[0][..3]);
        Assert.Equal(isClean ? [text] : [], session.Ingress.Accepted.Select(mail => mail.Text));
    }

    private static byte[] Raw(string text)
    {
        var big = Regex.Match(text, @"^\('(.)' \* (\d+) \+ '(.*)'\) \* (\d+)$");
        return Encoding.UTF8.GetBytes(big.Success
            ? string.Concat(Enumerable.Repeat(new string(big.Groups[1].Value[0], int.Parse(big.Groups[2].Value)) + Regex.Unescape(big.Groups[3].Value), int.Parse(big.Groups[4].Value)))
            : Regex.Unescape(text.Trim('\'')));
    }

    /// <summary>Takes what those servers take: anything for their own domains.</summary>
    private sealed class TestServerIngress : IMailIngress
    {
        public string? Text { get; private set; }

        public ValueTask<Problem?> ConnectAsync(ConnectionInfo connection, CancellationToken cancellationToken) => new((Problem?)null);

        public ValueTask<IMailTransaction> BeginAsync(Envelope envelope, CancellationToken cancellationToken) => new(new Transaction(this));

        private sealed class Transaction(TestServerIngress owner) : IMailTransaction
        {
            private readonly MemoryStream _body = new();

            public string Id => "m1";

            public Problem? SenderProblem => null;

            public System.IO.Pipelines.PipeWriter Body => field ??= System.IO.Pipelines.PipeWriter.Create(_body, new(leaveOpen: true));

            public ValueTask<Problem?> AddRecipientAsync(EmailAddress recipient, CancellationToken cancellationToken) =>
                new(recipient is { LocalPart: "user", Domain: "testserver" } or { Domain: "mydomain.tld" } ? null : Problem.NoSuchAccount);

            public async ValueTask<Problem?> CommitAsync(CancellationToken cancellationToken)
            {
                await Body.CompleteAsync();
                owner.Text = Encoding.Latin1.GetString(_body.ToArray());
                return null;
            }

            public ValueTask DisposeAsync() => ValueTask.CompletedTask;
        }
    }
}
