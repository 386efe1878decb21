using MailServer.TestKit.Dialogs;

namespace MailServer.Smtp.Tests;

/// <summary>Whatever a peer sends, and however it is cut, a session ends in order and accepts no more messages than it saw ends of them.</summary>
public sealed class FuzzTests
{
    private const string Project = "MailServer.Smtp.Tests";

    private static readonly byte[][] Seeds = [.. Dialog.Names(Project).Select(name => Dialog.Read(Project, name).ClientOctets).Where(octets => octets.Length < 8000)];

    private static readonly string[] Words =
    [
        "\r\n", "\r\n.\r\n", "\n.\n", "\r.\r", "\r", "\n", ".", "\0", "DATA\r\n", "BDAT 9\r\n", "BDAT 20 LAST\r\n", "RSET\r\n", "QUIT\r\n", "MAIL FROM:<a@b>\r\n", "RCPT TO:<bob@example.org>\r\n",
        "STARTTLS\r\n", "AUTH PLAIN AGFsaWNlAHNlQ3JldC03\r\n", "AUTH LOGIN\r\n", "*\r\n", "HELO x\r\n", "<", ">", "\"", "\\", "@", "[", " SIZE=", " SMTPUTF8", "\u00ff\u00fe",
    ];

    [Fact]
    public async Task Mutations_of_the_dialogs_do_no_harm()
    {
        var seed = Environment.TickCount;
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var until = Environment.TickCount64 + 5000;
        var round = 0;
        for (; Environment.TickCount64 < until; round++)
        {
            var input = Mutate(Seeds[random.Next(Seeds.Length)], random);
            var protocol = random.Next(2) == 0 ? "smtp" : "submission";
            var (accepted, _) = await PlayAsync(protocol, input, Cuts(input, random), $"seed {seed}, round {round}");
            var ends = 0;
            for (var at = 0; input.AsSpan(at).IndexOf("\r\n.\r\n"u8) is var found and >= 0; at += found + 3)
                ends++;
            ends += System.Text.Encoding.Latin1.GetString(input).Split("LAST", StringSplitOptions.None).Length - 1 + System.Text.Encoding.Latin1.GetString(input).Split("last", StringSplitOptions.None).Length - 1;
            Assert.True(accepted <= ends, $"seed {seed}, round {round}: {accepted} messages, {ends} ends");
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{round} rounds");
    }

    [Fact]
    public async Task However_a_session_is_cut_the_answers_are_the_same()
    {
        var seed = Environment.TickCount;
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        var random = new Random(seed);
        for (var round = 0; round < 150; round++)
        {
            // What may follow STARTTLS, and what is taken for a TLS hello behind a broken line, depends on the cut, and that is as it should be.
            var input = Mutate(Seeds[random.Next(Seeds.Length)], random);
            if (input.AsSpan().IndexOf("STARTTLS"u8) >= 0 || input.AsSpan().IndexOf("\u0016\u0003"u8) >= 0)
                continue;
            var whole = await PlayAsync("submission", input, [], $"seed {seed}, round {round}");
            var cut = await PlayAsync("submission", input, Cuts(input, random), $"seed {seed}, round {round}");
            Assert.Equal(whole.Said, cut.Said);
            Assert.Equal(whole.Accepted, cut.Accepted);
        }
    }

    private static async Task<(int Accepted, string[] Said)> PlayAsync(string protocol, byte[] input, int[] cuts, string where)
    {
        var connection = new TestKit.TestConnection();
        connection.Info = connection.Info with { AllowsPlaintextAuth = true };
        var host = Session.NewHost(("max_message_size", 4000L));
        var session = await Session.StartAsync(protocol, host, connection);
        var at = 0;
        foreach (var cut in cuts.Append(input.Length))
        {
            await connection.SendAsync(input.AsMemory(at..cut));
            at = cut;
            await Task.Yield();
        }

        connection.HangUp();
        Assert.True(await Task.WhenAny(session.End, Task.Delay(10_000)) == session.End, where + ": the session hangs");
        Assert.IsType<SessionEnd.Closed>(await session.End);
        Assert.True(session.Ingress.Open == 0, where + ": a transaction is left open");
        Assert.DoesNotContain(session.Log.Lines, line => line.Id == 106);
        var said = await session.RestAsync();
        Assert.All(said, line => Assert.Matches("^[2345][0-9][0-9][ -]", line));
        return (session.Ingress.Accepted.Count, said);
    }

    private static int[] Cuts(byte[] input, Random random) =>
        [.. Enumerable.Range(0, random.Next(6)).Select(_ => random.Next(input.Length + 1)).Order()];

    private static byte[] Mutate(byte[] seed, Random random)
    {
        var octets = new List<byte>(seed);
        for (var times = random.Next(1, 6); times > 0; times--)
        {
            var at = random.Next(octets.Count + 1);
            switch (random.Next(5))
            {
                case 0:
                    octets.InsertRange(at, System.Text.Encoding.Latin1.GetBytes(Words[random.Next(Words.Length)]));
                    break;
                case 1 when at < octets.Count:
                    octets.RemoveRange(at, Math.Min(random.Next(1, 10), octets.Count - at));
                    break;
                case 2 when at < octets.Count:
                    octets[at] = (byte)random.Next(256);
                    break;
                case 3:
                    var other = Seeds[random.Next(Seeds.Length)];
                    octets.InsertRange(at, other[..random.Next(other.Length + 1)]);
                    break;
                case 4 when at < octets.Count:
                    octets.InsertRange(at, octets.GetRange(at, Math.Min(random.Next(1, 40), octets.Count - at)));
                    break;
            }
        }

        return [.. octets];
    }
}
