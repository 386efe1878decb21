using System.Globalization;
using MailKit.Net.Imap;
using MailKit.Security;
using MimeKit;

namespace MailServer.Interop.Tests;

/// <summary>One <c>maildirsize</c>, kept by us and by a real Dovecot in turn: neither has to count anew what the other has counted.</summary>
public sealed class QuotaTests
{
    private const int Limit = 1 << 20;

    private static readonly string Settings = string.Create(CultureInfo.InvariantCulture, $$"""
        mail_plugins = quota
        plugin {
          quota = maildir:User quota
          quota_rule = *:storage={{Limit / 1024}}:messages=20
        }
        """);

    [InteropFact]
    public async Task Dovecot_reads_our_count_and_we_read_Dovecots()
    {
        await using var server = await ServerProcess.StartAsync();
        var maildir = server.Maildir("alice").TrimEnd('/');
        var set = await server.CommandAsync("account", "quota", "alice@example.org", "--size", "1M", "--messages", "20");
        Assert.True(set.ExitCode == 0, set.ToString());
        using (var client = await OursAsync(server))
        {
            await AppendAsync(client, 3);
            var made = await client.GetFolder(client.PersonalNamespaces[0]).CreateAsync("Archive", true);
            await client.Inbox!.OpenAsync(MailKit.FolderAccess.ReadWrite);
            await client.Inbox.CopyToAsync([0, 1], made!);
            await client.Inbox.MoveToAsync(2, made!);
            await client.DisconnectAsync(true);
        }

        var file = Path.Combine(maildir, "maildirsize");
        var ours = Sum(file);
        Assert.Equal(5, ours.Messages);
        Assert.Equal(server.Messages("alice").Concat(server.Messages("alice", ".Archive")).Sum(path => new FileInfo(path).Length), ours.Storage);

        await using (var dovecot = await DovecotProcess.StartAsync(maildir, "", Settings))
        {
            // A line of ours that no folder would confirm: whoever counts anew loses it.
            await File.AppendAllTextAsync(file, "1024 1\n");
            Assert.Equal((Kib(ours.Storage + 1024), ours.Messages + 1), await GetAsync(dovecot));
            var again = await dovecot.DoveadmAsync("quota", "recalc");
            Assert.True(again.ExitCode == 0, again.ToString());
            Assert.Equal(ours, Sum(file));
            Assert.Equal((Kib(ours.Storage), ours.Messages), await GetAsync(dovecot));
            using var client = await dovecot.ImapAsync();
            await AppendAsync(client, 2);
            await client.DisconnectAsync(true);
            Assert.DoesNotContain("Error:", dovecot.LogText, StringComparison.Ordinal);
        }

        var theirs = Sum(file);
        Assert.Equal(7, theirs.Messages);
        await File.AppendAllTextAsync(file, "1024 1\n");
        using (var client = await OursAsync(server))
        {
            await AppendAsync(client, 1);
            Assert.Equal(9, Sum(file).Messages);

            // Our notices take room, too: they come at 16 and at 19 messages.
            var full = await Assert.ThrowsAsync<ImapCommandException>(() => AppendAsync(client, 12));
            Assert.Contains("Mailbox full", full.Message, StringComparison.Ordinal);
            await client.DisconnectAsync(true);
        }

        Assert.Equal(0, await server.StopAsync());
        var last = Sum(file);
        Assert.InRange(last.Messages, 20, 21);
        await using (var dovecot = await DovecotProcess.StartAsync(maildir, "", Settings))
        {
            // Above the limit it trusts no sum and counts itself.
            var counted = (Kib(last.Storage - 1024), last.Messages - 1);
            Assert.Equal(last.Messages > 20 ? counted : (Kib(last.Storage), last.Messages), await GetAsync(dovecot));
            Assert.Equal(0, (await dovecot.DoveadmAsync("quota", "recalc")).ExitCode);
            Assert.Equal(counted, await GetAsync(dovecot));
        }

        Assert.InRange(server.Messages("alice").Count(path => File.ReadAllText(path).Contains("\nAuto-Submitted: auto-generated\n", StringComparison.Ordinal)), 1, 2);
    }

    /// <summary>As doveadm rounds them.</summary>
    private static long Kib(long octets) => (octets + 1023) / 1024;

    private static async Task<ImapClient> OursAsync(ServerProcess server)
    {
        var client = new ImapClient { ServerCertificateValidationCallback = (_, certificate, _, _) => server.IsOurs(certificate), Timeout = 60_000 };
        await client.ConnectAsync("127.0.0.1", server.Port("imaps"), SecureSocketOptions.SslOnConnect);
        await client.AuthenticateAsync("alice@example.org", ServerProcess.Password);
        return client;
    }

    private static async Task AppendAsync(ImapClient client, int count)
    {
        for (var i = 0; i < count; i++)
            await client.Inbox!.AppendAsync(new MailKit.AppendRequest(new MimeMessage { Subject = "quota", Body = new TextPart("plain") { Text = new string('x', 1000) + "\r\n" } }));
    }

    /// <summary>What <c>doveadm quota get</c> says: KiB and messages.</summary>
    private static async Task<(long Storage, long Messages)> GetAsync(DovecotProcess dovecot)
    {
        var got = await dovecot.DoveadmAsync("-f", "tab", "quota", "get");
        Assert.True(got.ExitCode == 0, got.ToString());
        var rows = got.Output.Split('\n').Select(line => line.Split('\t')).Where(row => row.Length > 2).ToDictionary(row => row[1], row => row[2]);
        return (long.Parse(rows["STORAGE"], CultureInfo.InvariantCulture), long.Parse(rows["MESSAGE"], CultureInfo.InvariantCulture));
    }

    private static (long Storage, long Messages) Sum(string file)
    {
        var lines = File.ReadAllLines(file);
        Assert.Equal("1048576S,20C", lines[0]);
        var numbers = lines.Skip(1).Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(text => long.Parse(text, CultureInfo.InvariantCulture)).ToArray()).ToList();
        return (numbers.Sum(pair => pair[0]), numbers.Sum(pair => pair[1]));
    }
}
