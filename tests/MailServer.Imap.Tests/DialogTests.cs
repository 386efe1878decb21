using System.Globalization;
using MailServer.TestKit;
using MailServer.TestKit.Dialogs;

namespace MailServer.Imap.Tests;

/// <summary>
/// Plays every conversation in Dialogs. Given: <c>stranger</c> (not logged in, greeting unread), <c>plain</c> (no TLS yet),
/// <c>logged in</c>, else INBOX is selected; <c>messages N</c>, <c>mime</c>, <c>folders</c> fill the store.
/// </summary>
public sealed class DialogTests
{
    private const string Project = "MailServer.Imap.Tests";

    public static TheoryData<string> Names => [.. Dialog.Names(Project)];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_dialog_goes_as_it_is_written(string name)
    {
        var dialog = Dialog.Read(Project, name);
        var session = await SetUpAsync(dialog);
        await dialog.RunAsync(session.Connection);
        session.Connection.HangUp();
        Assert.IsType<SessionEnd.Closed>(await session.End.WaitAsync(TimeSpan.FromSeconds(10)));
        Assert.Equal(0, session.Store.OpenAccounts);
        Assert.Equal(0, session.Store.OpenViews);
        if (dialog.Then.TryGetValue("inbox", out var inbox))
            Assert.Equal(int.Parse(inbox, CultureInfo.InvariantCulture), session.Inbox.Messages.Count);
    }

    /// <summary>The same client, its octets one by one: not one answer changes.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public async Task Octets_that_come_one_by_one_get_the_same_answers(string name)
    {
        var dialog = Dialog.Read(Project, name);
        if (dialog.Given.ContainsKey("plain") || dialog.ClientOctets.Length > 20_000)
            return;
        Assert.Equal(await PlayAsync(dialog, dialog.ClientOctets.Length), await PlayAsync(dialog, 1));
    }

    internal static async Task<Session> SetUpAsync(Dialog dialog, LogBook? log = null)
    {
        var host = Session.NewHost(Config(dialog));
        if (log is not null)
            host.Logging = log;
        var store = (FakeStore)host.Store;
        if (dialog.Given.ContainsKey("mime"))
            Samples.AddMime(store.Inbox);
        if (dialog.Given.ContainsKey("folders"))
            Samples.AddFolders(store);
        if (dialog.Given.ContainsKey("full"))
            store.Full = new(new(5, 2, 2), "Mailbox full") { Reason = ProblemReason.OverQuota };
        if (dialog.Given.ContainsKey("at_limit"))
            store.Full = new(new(5, 2, 0), "Too many") { Reason = ProblemReason.LimitReached };
        if (dialog.Given.ContainsKey("authenticator_down"))
            ((FakeAccounts)host.Authenticator).Answer = AuthOutcome.Unavailable;
        var messages = dialog.Given.TryGetValue("messages", out var count) ? int.Parse(count, CultureInfo.InvariantCulture) : 0;
        if (dialog.Given.ContainsKey("plain"))
            return await Session.StartAsync(host, new TestConnection());
        if (dialog.Given.ContainsKey("stranger"))
            return await Session.StartAsync(host);
        if (!dialog.Given.ContainsKey("logged_in"))
            return await Session.SelectedAsync(messages, host);
        for (var i = 1; i <= messages; i++)
            store.Inbox.Deliver($"Subject: {i}\r\n\r\ntext {i}\r\n");
        return await Session.LoggedInAsync(host);
    }

    private static (string Key, object Value)[] Config(Dialog dialog) =>
        dialog.Given.TryGetValue("max_message_size", out var size) ? [("max_message_size", long.Parse(size, CultureInfo.InvariantCulture))] : [];

    private static async Task<string> PlayAsync(Dialog dialog, int piece)
    {
        var session = await SetUpAsync(dialog);
        foreach (var octets in dialog.ClientOctets.Chunk(piece))
            await session.Connection.SendAsync(octets);
        session.Connection.HangUp();
        await session.End.WaitAsync(TimeSpan.FromSeconds(20));
        var answers = new System.Text.StringBuilder();
        while (await session.Connection.ReadLineAsync() is { } line)
            answers.AppendLine(line);
        return answers.ToString();
    }
}
