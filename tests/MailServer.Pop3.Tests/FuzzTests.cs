using System.Text;

namespace MailServer.Pop3.Tests;

public sealed class FuzzTests
{
    private static readonly string[] Pieces =
    [
        "USER alice\r\n", "PASS secret word\r\n", "PASS x\r\n", "STAT\r\n", "LIST\r\n", "LIST 1\r\n", "UIDL\r\n", "RETR 1\r\n", "RETR 2\r\n", "TOP 1 0\r\n",
        "TOP 2 1\r\n", "DELE 1\r\n", "DELE 2\r\n", "RSET\r\n", "NOOP\r\n", "CAPA\r\n", "AUTH PLAIN\r\n", "AUTH PLAIN =\r\n", "*\r\n", "\r\n", "\r", "\n", "AUTH\r\n",
        "STLS\r\n", "GET", " ", "\0", "\xff", "1", "99999999999", "AGFsaWNlAHNlY3JldCB3b3Jk\r\n",
    ];

    /// <summary>Whatever comes, a session answers in the forms of RFC 1939 §3, ends by itself or when the peer does, and lets go of the maildrop.</summary>
    [Fact]
    public async Task Any_input_gets_answers_and_leaves_nothing_behind()
    {
        var seed = Random.Shared.Next();
        var random = new Random(seed);
        for (var round = 0; round < 400; round++)
        {
            var pop = new Pop3Fixture();
            pop.Store.Add("a: b\r\n\r\n.one\r\ntwo\r\n").Add("c: d\r\n\r\n");
            pop.Start();
            var sent = new StringBuilder(random.Next(3) > 0 ? Pop3Fixture.Login : "");
            for (var i = random.Next(60); i > 0; i--)
                sent.Append(Pieces[random.Next(Pieces.Length)]);
            var octets = Encoding.Latin1.GetBytes(sent.ToString());
            for (int at = 0, size; at < octets.Length; at += size)
            {
                size = Math.Min(1 + random.Next(40), octets.Length - at);
                await pop.Connection.SendAsync(octets.AsMemory(at, size));
                if (random.Next(4) == 0)
                    pop.Connection.Wake();
            }

            pop.Connection.HangUp();
            var replies = await pop.ReadToEndAsync();
            Assert.True(await pop.Session is SessionEnd.Closed, $"seed {seed}, round {round}");
            Assert.True(!pop.Store.IsLocked && pop.Store.OpenAccounts == 0, $"seed {seed}, round {round}");
            Assert.True(replies.StartsWith("+OK ", StringComparison.Ordinal), $"seed {seed}, round {round}");
        }
    }
}
