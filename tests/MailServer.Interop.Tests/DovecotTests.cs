using System.Formats.Tar;
using System.Globalization;
using MailKit;
using MailKit.Net.Imap;
using MailKit.Net.Pop3;
using MailKit.Security;
using MailServer.TestKit;
using MimeKit;

namespace MailServer.Interop.Tests;

/// <summary>
/// A Maildir goes from its first server to us, from us to a real Dovecot, and back again: each time all that clients know of it is the same.
/// </summary>
public sealed class DovecotTests
{
    [InteropFact]
    public Task A_Maildir_of_Dovecot_is_handed_back_and_taken_again() => HandOverAsync("dovecot-maildirpp", "maildir++", "");

    [InteropFact]
    public Task A_Maildir_of_Courier_is_handed_to_Dovecot_and_taken_again() => HandOverAsync("courier", "maildir++", ":UTF-8");

    [InteropFact]
    public Task A_Maildir_of_mbsync_is_handed_to_Dovecot_and_taken_again() => HandOverAsync("mbsync-verbatim", "fs", ":LAYOUT=fs:INBOX={0}/INBOX");

    private static async Task HandOverAsync(string sample, string layout, string options)
    {
        await using var server = await ServerProcess.StartAsync(layout);
        var maildir = server.Maildir("alice").TrimEnd('/');
        Unpack(sample, maildir);
        var adopted = await server.CommandAsync("store", "adopt", "alice@example.org", "--apply");
        Assert.True(adopted.ExitCode == 0, adopted.ToString());
        var ours = await OursAsync(server);
        Assert.Equal(34, ours.Count(line => line.Contains(" uid ", StringComparison.Ordinal)));

        string[] theirs;
        string[] changed;
        var dovecot = await DovecotProcess.StartAsync(maildir, string.Format(CultureInfo.InvariantCulture, options, maildir));
        await using (dovecot)
        {
            theirs = await DescribeAsync(dovecot.ImapAsync, dovecot.Pop3Async);
            Assert.Equal(ours, theirs);
            await ChangeAsync(dovecot);
            changed = await DescribeAsync(dovecot.ImapAsync, dovecot.Pop3Async);
            Assert.NotEqual(theirs, changed);
            Assert.DoesNotContain("Error:", dovecot.LogText, StringComparison.Ordinal);
        }

        Assert.Equal(changed, await OursAsync(server));
        var verified = await server.CommandAsync("store", "verify", "alice@example.org", "--json");
        Assert.DoesNotContain("\"uidlist\"", verified.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("\"size\"", verified.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("\"double\"", verified.Output, StringComparison.Ordinal);
    }

    private static async Task ChangeAsync(DovecotProcess dovecot)
    {
        using var client = await dovecot.ImapAsync();
        var inbox = client.Inbox!;
        await inbox.OpenAsync(MailKit.FolderAccess.ReadWrite);
        await inbox.StoreAsync(0, new StoreFlagsRequest(StoreAction.Add, MailKit.MessageFlags.Flagged | MailKit.MessageFlags.Answered) { Keywords = { "FromDovecot" } });
        await inbox.StoreAsync(1, new StoreFlagsRequest(StoreAction.Add, MailKit.MessageFlags.Deleted));
        await inbox.ExpungeAsync();
        await inbox.AppendAsync(new AppendRequest(Mail("appended by Dovecot"), MailKit.MessageFlags.Seen, new DateTimeOffset(2020, 2, 3, 4, 5, 6, TimeSpan.Zero)));
        var made = (await client.GetFolder(client.PersonalNamespaces[0]).CreateAsync("Neu & schön", true))!;
        await inbox.CopyToAsync([0, 1], made);
        await client.DisconnectAsync(true);
    }

    private static Task<string[]> OursAsync(ServerProcess server) => DescribeAsync(
        async () =>
        {
            var client = new ImapClient { ServerCertificateValidationCallback = (_, certificate, _, _) => server.IsOurs(certificate), Timeout = 60_000 };
            await client.ConnectAsync("127.0.0.1", server.Port("imaps"), SecureSocketOptions.SslOnConnect);
            await client.AuthenticateAsync("alice@example.org", ServerProcess.Password);
            return client;
        },
        async () =>
        {
            var client = new Pop3Client { ServerCertificateValidationCallback = (_, certificate, _, _) => server.IsOurs(certificate), Timeout = 60_000 };
            await client.ConnectAsync("127.0.0.1", server.Port("pop3s"), SecureSocketOptions.SslOnConnect);
            await client.AuthenticateAsync("alice@example.org", ServerProcess.Password);
            return client;
        });

    /// <summary>All that clients remember of an account, in lines.</summary>
    private static async Task<string[]> DescribeAsync(Func<Task<ImapClient>> openImap, Func<Task<Pop3Client>> openPop3)
    {
        List<string> lines = [];
        using (var client = await openImap())
        {
            var folders = await client.GetFoldersAsync(client.PersonalNamespaces[0], false);
            foreach (var folder in folders.Where(folder => (folder.Attributes & (FolderAttributes.NoSelect | FolderAttributes.NonExistent)) == 0))
            {
                await folder.OpenAsync(MailKit.FolderAccess.ReadOnly);
                lines.Add($"{folder.FullName} {folder.UidValidity} {folder.UidNext}");
                foreach (var message in await folder.FetchAsync(0, -1, MessageSummaryItems.UniqueId | MessageSummaryItems.Flags | MessageSummaryItems.InternalDate | MessageSummaryItems.Size | MessageSummaryItems.Envelope))
                    lines.Add($"{folder.FullName} uid {message.UniqueId.Id} {message.Flags & ~MailKit.MessageFlags.Recent} {string.Join(',', message.Keywords.Order(StringComparer.Ordinal))} {message.InternalDate!.Value.UtcDateTime:u} {message.Size}");
                await folder.CloseAsync();
            }

            var subscribed = await client.GetFoldersAsync(client.PersonalNamespaces[0], true);
            lines.AddRange(subscribed.Select(folder => $"subscribed {folder.FullName}"));
            await client.DisconnectAsync(true);
        }

        using (var client = await openPop3())
        {
            var sizes = await client.GetMessageSizesAsync();
            lines.AddRange((await client.GetMessageUidsAsync()).Select((uid, i) => $"pop3 {uid} {sizes[i]}"));
            await client.DisconnectAsync(true);
        }

        return [.. lines.Order(StringComparer.Ordinal)];
    }

    private static MimeMessage Mail(string subject) => new([MailboxAddress.Parse("a@example.org")], [MailboxAddress.Parse("b@example.org")], subject, new TextPart("plain") { Text = "body\r\n" });

    private static void Unpack(string sample, string maildir)
    {
        var folder = Corpora.Find("maildir-samples", out var reason);
        Assert.True(folder is not null, reason);
        var home = Path.GetDirectoryName(maildir)!;
        Directory.CreateDirectory(home);
        TarFile.ExtractToDirectory(Path.Combine(folder, sample + ".tar"), home, overwriteFiles: false);
    }
}
