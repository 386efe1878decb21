using MailKit;
using MailKit.Net.Smtp;
using MailKit.Security;
using MimeKit;

namespace MailServer.Interop.Tests;

/// <summary>What was acknowledged is there after <c>kill -9</c>, under the UIDs it had.</summary>
public sealed class CrashTests
{
    private const int Rounds = 5;

    [InteropFact]
    public async Task Nothing_acknowledged_is_lost_by_kill_9()
    {
        await using var server = await ServerProcess.StartAsync();
        Dictionary<string, uint> known = [];
        uint validity = 0;
        List<string> acknowledged = [];
        for (var round = 1; round <= Rounds; round++)
        {
            var sending = Enumerable.Range(0, 4).Select(lane => SendUntilItBreaksAsync(server.Port("mx"), $"r{round}l{lane}", acknowledged)).ToArray();
            var before = Count(acknowledged);
            for (var waited = 0; Count(acknowledged) == before && waited < 600; waited++)
                await Task.Delay(100);
            await Task.Delay(150 * round);
            await server.KillAsync();
            await Task.WhenAll(sending);
            await server.RunAsync();

            using var client = await MailKitTests.ImapAsync(server);
            await client.Inbox!.OpenAsync(MailKit.FolderAccess.ReadWrite);
            if (validity != 0)
                Assert.Equal(validity, client.Inbox.UidValidity);
            validity = client.Inbox.UidValidity;
            var found = (await client.Inbox.FetchAsync(0, -1, MessageSummaryItems.UniqueId | MessageSummaryItems.Envelope))
                .ToLookup(summary => summary.Envelope!.Subject ?? "", summary => summary.UniqueId.Id);
            Assert.DoesNotContain(acknowledged, subject => found[subject].Count() != 1);
            Assert.All(known, pair => Assert.Equal(pair.Value, found[pair.Key].Single()));
            known = found.Where(group => group.Count() == 1).ToDictionary(group => group.Key, group => group.Single());
        }

        Assert.True(acknowledged.Count >= Rounds, $"only {acknowledged.Count} were acknowledged");
    }

    private static int Count(List<string> acknowledged)
    {
        lock (acknowledged)
            return acknowledged.Count;
    }

    private static async Task SendUntilItBreaksAsync(int port, string lane, List<string> acknowledged)
    {
        try
        {
            using var client = new SmtpClient();
            await client.ConnectAsync("127.0.0.1", port, SecureSocketOptions.None);
            for (var i = 0; ; i++)
            {
                var message = Outbox.Numbered(i);
                message.Subject = $"{lane}-{i}";
                await client.SendAsync(message, new MailboxAddress("", "sender@example.net"), [new MailboxAddress("", "alice@example.org")]);
                lock (acknowledged)
                    acknowledged.Add(message.Subject);
            }
        }
        catch (Exception e) when (e is IOException or SmtpProtocolException or System.Net.Sockets.SocketException)
        {
            // The server was killed.
        }
    }
}
