using MailKit;
using MailKit.Net.Imap;
using MailKit.Net.Pop3;
using MailKit.Search;
using MailKit.Security;

namespace MailServer.Interop.Tests;

/// <summary>MailKit, the library that most .NET clients are made of, in whole sessions.</summary>
public sealed class MailKitTests
{
    [InteropFact]
    public async Task An_IMAP_session_reads_flags_copies_moves_and_searches()
    {
        await using var server = await ServerProcess.StartAsync();
        await Outbox.SendAsync(server, "alice@example.org", 4);
        using var client = await ImapAsync(server);
        var inbox = client.Inbox!;
        await inbox.OpenAsync(MailKit.FolderAccess.ReadWrite);
        Assert.Equal(4, inbox.Count);

        var message = await inbox.GetMessageAsync(1);
        Assert.Equal("number 2", message.Subject);
        var summaries = await inbox.FetchAsync(0, -1, MessageSummaryItems.All | MessageSummaryItems.UniqueId | MessageSummaryItems.BodyStructure);
        Assert.Equal([1u, 2, 3, 4], summaries.Select(summary => summary.UniqueId.Id));
        Assert.All(summaries, summary => Assert.Equal("sender@example.net", summary.Envelope!.From.Mailboxes.Single().Address));

        await inbox.StoreAsync(0, new StoreFlagsRequest(StoreAction.Add, MailKit.MessageFlags.Flagged | MailKit.MessageFlags.Seen) { Keywords = { "$Work" } });
        Assert.Equal([new UniqueId(1)], (await inbox.SearchAsync(SearchQuery.Flagged.And(SearchQuery.HasKeyword("$Work")))).Select(Bare));
        Assert.Equal([new UniqueId(3)], (await inbox.SearchAsync(SearchQuery.BodyContains("of NUMBER 3"))).Select(Bare));

        var personal = client.GetFolder(client.PersonalNamespaces[0]);
        var target = (await personal.CreateAsync("Prüfung & Spaß", true))!;
        var copied = await inbox.CopyToAsync([new UniqueId(1), new UniqueId(2)], target);
        Assert.Equal([1u, 2], copied.Destination.Select(uid => uid.Id));
        var moved = await inbox.MoveToAsync(new UniqueId(4), target);
        Assert.Equal(3u, moved!.Value.Id);
        Assert.Equal(3, inbox.Count);
        await target.OpenAsync(MailKit.FolderAccess.ReadOnly);
        Assert.Equal([1u, 2, 3], (await target.SearchAsync(SearchQuery.All)).Select(uid => uid.Id));
        Assert.Equal([1u], (await target.SearchAsync(SearchQuery.HasKeyword("$Work"))).Select(uid => uid.Id));

        var appended = await target.AppendAsync(new AppendRequest(Outbox.Numbered(9), MailKit.MessageFlags.Draft, new DateTimeOffset(2020, 2, 3, 4, 5, 6, TimeSpan.Zero)));
        Assert.Equal(4u, appended!.Value.Id);
        Assert.Equal([4u], (await target.SearchAsync(SearchQuery.DeliveredOn(new DateTime(2020, 2, 3, 0, 0, 0, DateTimeKind.Utc)))).Select(uid => uid.Id));
        Assert.Single(server.Messages("alice", ".Pr&APw-fung &- Spa&AN8-"), file => file.EndsWith(":2,D", StringComparison.Ordinal));
    }

    [InteropFact]
    public async Task IDLE_tells_of_mail_that_comes_by_SMTP_and_of_changes_made_outside()
    {
        await using var server = await ServerProcess.StartAsync();
        await Outbox.SendAsync(server, "alice@example.org", 1);
        using var client = await ImapAsync(server);
        await client.Inbox!.OpenAsync(MailKit.FolderAccess.ReadWrite);
        var (grown, flagged, expunged) = (new TaskCompletionSource<int>(), new TaskCompletionSource<int>(), new TaskCompletionSource<int>());
        client.Inbox.CountChanged += (_, _) => { if (client.Inbox.Count == 2) grown.TrySetResult(client.Inbox.Count); };
        client.Inbox.MessageFlagsChanged += (_, change) => { if (change.Flags.HasFlag(MailKit.MessageFlags.Flagged)) flagged.TrySetResult(change.Index); };
        client.Inbox.MessageExpunged += (_, change) => expunged.TrySetResult(change.Index);

        using var done = new CancellationTokenSource();
        var idle = client.IdleAsync(done.Token);
        await Outbox.SendAsync(server, "alice@example.org", 1, first: 2);
        Assert.Equal(2, await grown.Task.WaitAsync(TimeSpan.FromSeconds(10)));

        // As mutt does it: a flag is a rename, a deletion an unlink.
        var file = server.Messages("alice").Single(path => File.ReadAllText(path).Contains("body of number 1", StringComparison.Ordinal));
        var renamed = Path.Combine(server.Maildir("alice", "cur"), Path.GetFileName(file).Split(":2,")[0] + ":2,F");
        File.Move(file, renamed);
        Assert.Equal(0, await flagged.Task.WaitAsync(TimeSpan.FromSeconds(10)));
        File.Delete(renamed);
        Assert.Equal(0, await expunged.Task.WaitAsync(TimeSpan.FromSeconds(10)));
        await done.CancelAsync();
        await idle;
    }

    [InteropFact]
    public async Task A_POP3_session_reads_and_deletes_at_QUIT()
    {
        await using var server = await ServerProcess.StartAsync();
        await Outbox.SendAsync(server, "alice@example.org", 3);
        var first = await Pop3Async(server);
        Assert.Equal(3, first.Count);
        var uids = await first.GetMessageUidsAsync();
        Assert.Equal(3, uids.Distinct().Count());
        Assert.Equal("number 2", (await first.GetMessageAsync(1)).Subject);
        await first.DeleteMessageAsync(1);
        await first.DisconnectAsync(true);
        first.Dispose();

        using var second = await Pop3Async(server);
        Assert.Equal([uids[0], uids[2]], await second.GetMessageUidsAsync());
        await second.DisconnectAsync(true);
    }

    internal static async Task<ImapClient> ImapAsync(ServerProcess server, string user = "alice@example.org")
    {
        var client = new ImapClient { CheckCertificateRevocation = false, ServerCertificateValidationCallback = (_, certificate, _, _) => server.IsOurs(certificate) };
        await client.ConnectAsync("127.0.0.1", server.Port("imap"), SecureSocketOptions.StartTls);
        await client.AuthenticateAsync(user, ServerProcess.Password);
        return client;
    }

    private static async Task<Pop3Client> Pop3Async(ServerProcess server)
    {
        var client = new Pop3Client { CheckCertificateRevocation = false, ServerCertificateValidationCallback = (_, certificate, _, _) => server.IsOurs(certificate) };
        await client.ConnectAsync("127.0.0.1", server.Port("pop3"), SecureSocketOptions.StartTls);
        await client.AuthenticateAsync("alice@example.org", ServerProcess.Password);
        return client;
    }

    private static UniqueId Bare(UniqueId uid) => new(uid.Id);
}
