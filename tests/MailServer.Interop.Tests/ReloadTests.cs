using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace MailServer.Interop.Tests;

/// <summary>
/// New code comes in under live sessions: 50 in IDLE, half of them compressed, 10 within DATA, 10 within RETR, and thirty changed versions of each protocol's plugin.
/// Nobody is disconnected, nothing is lost or doubled, every session answers with the new code at its next command, all old code is collected.
/// </summary>
public sealed class ReloadTests
{
    private const int Reloads = 30;
    private const int Idle = 50;
    private const int Sending = 10;
    private const int Retrieving = 10;

    private readonly string _line = new('x', 76);

    [InteropFact]
    public async Task Thirty_reloads_of_each_protocol_disturb_nobody()
    {
        await using var server = await ServerProcess.StartAsync();
        var digest = await FillMaildropsAsync(server);
        List<LineClient> idle = [], sending = [], retrieving = [];
        try
        {
            for (var i = 0; i < Idle; i++)
                idle.Add(await IdleAsync(server, isCompressed: i % 2 == 1));
            for (var i = 0; i < Sending; i++)
                sending.Add(await DataAsync(server, i));
            for (var i = 1; i <= Retrieving; i++)
                retrieving.Add(await RetrAsync(server, i));

            await ReloadAllAsync(server, sending);

            await EndDataAsync(server, sending);
            await EndIdleAsync(idle);
            foreach (var client in retrieving)
                await EndRetrAsync(client, digest);
            await AllOldCodeIsGoneAsync(server);
        }
        finally
        {
            foreach (var client in idle.Concat(sending).Concat(retrieving))
                await client.DisposeAsync();
        }
    }

    // Three more sessions, one a protocol, say NOOP all the time: the first answer of the new code tells that it is in.
    private async Task ReloadAllAsync(ServerProcess server, List<LineClient> sending)
    {
        await using var smtp = await LineClient.ConnectAsync(server.Port("mx"));
        await smtp.CommandAsync("EHLO client.example.net", "250 ");
        await using var imap = await LoginAsync(server, "bob");
        await using var pop3 = await LineClient.ConnectTlsAsync(server, "pop3s");
        await pop3.CommandAsync("USER bob@example.org", "+OK");
        await pop3.CommandAsync("PASS " + ServerProcess.Password, "+OK");

        var probes = new (PluginPatch Patch, LineClient Client, string Line, string Prefix)[]
        {
            (new(server.Plugins, "Smtp"), smtp, "NOOP", "2"), (new(server.Plugins, "Imap"), imap, "n NOOP", "n "), (new(server.Plugins, "Pop3"), pop3, "NOOP", "+OK"),
        };
        for (var version = 1; version <= Reloads; version++)
        {
            foreach (var (patch, _, _, _) in probes)
                patch.Deploy(version);
            foreach (var (_, client, line, prefix) in probes)
                await NewCodeAnswersAsync(client, line, prefix, version);
            foreach (var client in sending)
                await client.SendAsync(_line + "\r\n");
        }
    }

    private static async Task NewCodeAnswersAsync(LineClient client, string line, string prefix, int version)
    {
        var reply = "";
        for (var i = 0; i < 500; i++)
        {
            (reply, _) = await client.CommandAsync(line, prefix);
            if (reply.Contains(PluginPatch.TextOf(version), StringComparison.Ordinal))
                return;
            await Task.Delay(20);
        }

        Assert.Fail($"version {version} has not come in: {reply}");
    }

    private static async Task<LineClient> LoginAsync(ServerProcess server, string user)
    {
        var client = await LineClient.ConnectTlsAsync(server, "imaps");
        var (reply, _) = await client.CommandAsync($"a LOGIN {user}@example.org {ServerProcess.Password}", "a ");
        Assert.StartsWith("a OK", reply, StringComparison.Ordinal);
        return client;
    }

    private static async Task<LineClient> IdleAsync(ServerProcess server, bool isCompressed)
    {
        var client = await LoginAsync(server, "alice");
        if (isCompressed)
            await client.CompressAsync();
        Assert.StartsWith("b OK", (await client.CommandAsync("b SELECT INBOX", "b ")).Reply, StringComparison.Ordinal);
        await client.CommandAsync("c IDLE", "+");
        return client;
    }

    private async Task<LineClient> DataAsync(ServerProcess server, int number)
    {
        var client = await LineClient.ConnectAsync(server.Port("mx"));
        await client.CommandAsync("EHLO client.example.net", "250 ");
        await client.CommandAsync("MAIL FROM:<sender@example.net>", "250 ");
        await client.CommandAsync("RCPT TO:<alice@example.org>", "250 ");
        await client.CommandAsync("DATA", "354 ");
        await client.SendAsync($"Subject: data {number}\r\n\r\n{_line}\r\n");
        return client;
    }

    /// <summary>Ends the messages: each must be there once, whole, and be told once to each of the sessions in IDLE.</summary>
    private async Task EndDataAsync(ServerProcess server, List<LineClient> sending)
    {
        foreach (var client in sending)
        {
            Assert.StartsWith("250 2.0.0", (await client.CommandAsync(".", "")).Reply, StringComparison.Ordinal);
            Assert.Contains(PluginPatch.TextOf(Reloads), (await client.CommandAsync("NOOP", "")).Reply, StringComparison.Ordinal);
        }

        var bodies = server.Texts("alice");
        Assert.Equal(Sending, bodies.Count);
        for (var number = 0; number < Sending; number++)
        {
            var body = bodies.Single(text => text.Contains($"Subject: data {number}\n", StringComparison.Ordinal));
            Assert.Equal(Reloads + 1, body.Split('\n').Count(line => line == _line));
        }
    }

    private static async Task EndIdleAsync(List<LineClient> idle)
    {
        foreach (var client in idle)
        {
            // EXISTS may come for several messages at once; the count never falls and ends at all of them.
            var last = 0;
            while (last < Sending)
            {
                var line = await client.ReadLineAsync();
                if (!line.EndsWith(" EXISTS", StringComparison.Ordinal))
                    continue;
                var count = int.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture);
                Assert.True(count > last, line);
                last = count;
            }

            Assert.StartsWith("c OK", (await client.CommandAsync("DONE", "c ")).Reply, StringComparison.Ordinal);
            var (reply, before) = await client.CommandAsync("d NOOP", "d ");
            Assert.Contains(PluginPatch.TextOf(Reloads), reply, StringComparison.Ordinal);
            Assert.DoesNotContain(before, line => line.EndsWith(" EXISTS", StringComparison.Ordinal));
        }
    }

    /// <summary>Gives each of pop1 to pop10 a message too long for the sockets' buffers, so that RETR stands still while nobody reads.</summary>
    private async Task<string> FillMaildropsAsync(ServerProcess server)
    {
        var text = new StringBuilder("Subject: long\n\n");
        for (var i = 0; i < 200_000; i++)
            text.Append(CultureInfo.InvariantCulture, $"{i} {_line}\n");
        var octets = Encoding.ASCII.GetBytes(text.ToString());
        for (var i = 1; i <= Retrieving; i++)
        {
            var maildir = server.Maildir($"pop{i}");
            foreach (var part in new[] { "cur", "new", "tmp" })
                Directory.CreateDirectory(Path.Combine(maildir, part));
            await File.WriteAllBytesAsync(Path.Combine(maildir, "new", $"1700000000.M{i}P1.outside"), octets);
        }

        return Convert.ToHexString(SHA256.HashData(Encoding.ASCII.GetBytes(text.Replace("\n", "\r\n").ToString())));
    }

    private static async Task<LineClient> RetrAsync(ServerProcess server, int number)
    {
        var client = await LineClient.ConnectTlsAsync(server, "pop3s", receiveBuffer: 64 * 1024);
        await client.CommandAsync($"USER pop{number}@example.org", "+OK");
        Assert.StartsWith("+OK", (await client.CommandAsync("PASS " + ServerProcess.Password, "")).Reply, StringComparison.Ordinal);
        await client.CommandAsync("RETR 1", "+OK");
        return client;
    }

    private static async Task EndRetrAsync(LineClient client, string digest)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (string line; (line = await client.ReadLineAsync()) != ".";)
            hash.AppendData(Encoding.ASCII.GetBytes((line.StartsWith('.') ? line[1..] : line) + "\r\n"));
        Assert.Equal(digest, Convert.ToHexString(hash.GetHashAndReset()));
        Assert.Contains(PluginPatch.TextOf(Reloads), (await client.CommandAsync("NOOP", "")).Reply, StringComparison.Ordinal);
        Assert.StartsWith("+OK", (await client.CommandAsync("QUIT", "")).Reply, StringComparison.Ordinal);
    }

    private static async Task AllOldCodeIsGoneAsync(ServerProcess server)
    {
        foreach (var id in new[] { "smtp", "imap", "pop3" })
        {
            var alive = -1;
            for (var i = 0; i < 50 && alive != 0; i++)
            {
                var plugin = await server.PluginAsync(id);
                Assert.Equal(Reloads + 1, plugin.GetProperty("generation").GetInt32());
                alive = plugin.GetProperty("retiredAlive").GetInt32();
            }

            Assert.True(alive == 0, $"{alive} old generations of {id} are alive");
        }
    }
}
