namespace MailServer.Pipeline.Tests;

/// <summary>What rules send: the message to others, answers, notices. Never a loop, never a loss.</summary>
public sealed class SendTests
{
    private static readonly AutomaticMail Away = new() { Text = "I am away.\nUntil Monday.", Interval = TimeSpan.FromDays(7), Handle = "h" };

    private const string ToAlice = "From: a@sender.example\r\nTo: alice@example.org\r\nSubject: caf\u00e9?\r\nMessage-ID: <1@sender.example>\r\n\r\nbody\r\n";

    [Fact]
    public async Task A_message_is_sent_on_from_an_address_of_ours_and_not_kept()
    {
        await using var rig = Stranger(_ => Delivery.Keep with { Folder = null, Redirects = [new("books", "accountant.example")] });
        Assert.Null(await rig.SendAsync("alice@example.org"));
        await QueueRig.UntilAsync(() => rig.Transport.Sent.Count > 0, "nothing was sent");
        var sent = Assert.Single(rig.Transport.Sent);
        Assert.Matches("^SRS0=.*=sender.example=a@example.org$", sent.From);
        Assert.Equal("books@accountant.example", sent.To);
        Assert.StartsWith("Delivered-To: alice@example.org\r\nReceived: from client.example", sent.Text, StringComparison.Ordinal);
        Assert.EndsWith(Road.Hello, sent.Text, StringComparison.Ordinal);
        Assert.Equal(sent.Size, sent.Text.Length);
        Assert.Empty(rig.Road.Store.All);
    }

    [Fact]
    public async Task What_has_been_sent_on_from_here_before_is_kept()
    {
        await using var rig = Stranger(_ => Delivery.Keep with { Folder = null, Redirects = [new("books", "accountant.example")] });
        Assert.Null(await rig.Road.SendAsync("Delivered-To: ALICE@example.org\r\n" + Road.Hello, "alice@example.org"));
        Assert.Equal("alice@example.org/INBOX", Assert.Single(rig.Road.Store.All).Place);
        Assert.Contains("it has been sent on from here before", rig.Road.Reports.Single().Delivery.Steps[^1].Action, StringComparison.Ordinal);
        Assert.Empty(rig.Queue.Folder.List());
    }

    [Fact]
    public async Task What_nobody_can_send_is_kept()
    {
        await using var rig = Stranger(_ => Delivery.Keep with { Folder = new FolderName("A"), Redirects = [new("books", "accountant.example")] });
        rig.Road.Roles.Transports.Clear();
        Assert.Null(await rig.SendAsync("alice@example.org"));
        Assert.Equal(["alice@example.org/A", "alice@example.org/INBOX"], rig.Road.Store.All.Select(mail => mail.Place).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task What_the_queue_cannot_take_is_kept()
    {
        await using var rig = Stranger(_ => Delivery.Keep with { Folder = null, Redirects = [new("books", "accountant.example")] });
        Directory.CreateDirectory(Path.GetDirectoryName(rig.Directory)!);
        await File.WriteAllTextAsync(rig.Directory, "no folder");
        Assert.Null(await rig.SendAsync("alice@example.org"));
        Assert.Equal("alice@example.org/INBOX", Assert.Single(rig.Road.Store.All).Place);
    }

    [Fact]
    public async Task A_message_that_is_not_stored_is_not_sent_on_either()
    {
        await using var rig = Stranger(_ => Delivery.Keep with { Redirects = [new("books", "accountant.example")] });
        rig.Road.Store.Fault = (_, _) => Problem.Unavailable;
        Assert.NotNull(await rig.SendAsync("alice@example.org"));
        Assert.Empty(rig.Queue.Folder.List());
        Assert.Empty(Directory.GetFiles(rig.Directory, "*.message", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task What_comes_back_of_it_goes_to_the_first_sender_and_a_forged_one_to_nobody()
    {
        await using var rig = Stranger(mail => mail.Header("Subject") == "hello" ? Delivery.Keep with { Folder = null, Redirects = [new("books", "accountant.example")] } : Delivery.Keep);
        await rig.SendAsync("alice@example.org");
        await QueueRig.UntilAsync(() => rig.Transport.Sent.Count > 0, "nothing was sent");
        var ours = rig.Transport.Sent.Single().From;
        rig.Road.Envelope = rig.Road.Envelope with { ReversePath = null };
        Assert.Null(await rig.Road.SendAsync("Subject: not delivered\r\n\r\n", ours));
        await QueueRig.UntilAsync(() => rig.Transport.Sent.Count > 1, "the notice was not sent");
        Assert.Equal(("", "a@sender.example"), (rig.Transport.Sent[1].From, rig.Transport.Sent[1].To));
        Assert.Equal("5.1.1", (await rig.Road.SendAsync("Subject: x\r\n\r\n", ours.Replace("sender", "victim", StringComparison.Ordinal)))?.Status.ToString());
        // Only notices come that way.
        rig.Road.Envelope = rig.Road.Envelope with { ReversePath = new("x", "sender.example") };
        Assert.Equal("5.1.1", (await rig.Road.SendAsync("Subject: x\r\n\r\n", ours))?.Status.ToString());
    }

    [Fact]
    public async Task A_message_sent_on_to_somebody_here_goes_through_that_ones_rules()
    {
        await using var rig = Stranger(null, (mail, to) => to.Account.Name == "alice@example.org"
            ? Delivery.Keep with { Folder = null, Redirects = [new("bob", "example.org")] }
            : Delivery.Keep with { Folder = new FolderName("From Alice") });
        rig.Road.Roles.Transports.Clear();
        Assert.Null(await rig.SendAsync("alice@example.org"));
        await QueueRig.UntilAsync(() => rig.Road.Store.All.Count > 0, "nothing came");
        Assert.Equal("bob@example.org/From Alice", rig.Road.Store.All.Single().Place);
        await QueueRig.UntilAsync(() => rig.Queue.Folder.List().Count == 0, "it stays in the queue");
    }

    [Fact]
    public async Task Two_accounts_that_send_to_each_other_end_up_with_one_message()
    {
        await using var rig = Stranger(null, (_, to) => Delivery.Keep with { Folder = null, Redirects = [to.Account.Name == "alice@example.org" ? new("bob", "example.org") : new("alice", "example.org")] });
        Assert.Null(await rig.SendAsync("alice@example.org"));
        await QueueRig.UntilAsync(() => rig.Road.Store.All.Count > 0 && rig.Queue.Folder.List().Count == 0, "nothing came");
        Assert.Equal("alice@example.org/INBOX", rig.Road.Store.All.Single().Place);
    }

    [Fact]
    public async Task An_answer_goes_to_a_sender_once_in_its_time_with_no_sender_of_its_own()
    {
        await using var rig = Stranger(_ => Delivery.Keep with { Answers = [Away] });
        for (var i = 0; i < 3; i++)
            Assert.Null(await rig.Road.SendAsync(ToAlice, "alice@example.org"));
        await QueueRig.UntilAsync(() => rig.Transport.Sent.Count > 0 && rig.Queue.Folder.List().Count == 0, "nothing was sent");
        var answer = Assert.Single(rig.Transport.Sent);
        Assert.Equal(("", "a@sender.example"), (answer.From, answer.To));
        Assert.Contains("\r\nAuto-Submitted: auto-replied\r\n", answer.Text, StringComparison.Ordinal);
        Assert.Contains("\r\nIn-Reply-To: <1@sender.example>\r\n", answer.Text, StringComparison.Ordinal);
        Assert.Contains("From: <alice@example.org>\r\nTo: <a@sender.example>\r\n", answer.Text, StringComparison.Ordinal);
        Assert.Contains("\r\nSubject: Auto: =?utf-8?", answer.Text, StringComparison.OrdinalIgnoreCase);
        Assert.EndsWith("\r\n\r\nI am away.\r\nUntil Monday.\r\n", answer.Text, StringComparison.Ordinal);
        Assert.Equal(answer.Size, answer.Text.Length);
        Assert.Equal(3, rig.Road.Store.All.Count);
        rig.Road.Time.Advance(TimeSpan.FromDays(8));
        await rig.Road.SendAsync(ToAlice, "alice@example.org");
        await QueueRig.UntilAsync(() => rig.Transport.Sent.Count == 2, "the second answer was not sent");
    }

    [Fact]
    public async Task No_answer_where_the_server_knows_better_than_the_rule()
    {
        await using var rig = Stranger(_ => Delivery.Keep with { Answers = [Away] });
        Assert.Null(await rig.Road.SendAsync("List-Id: <x.example>\r\n" + ToAlice, "alice@example.org"));
        Assert.Null(await rig.Road.SendAsync("Auto-Submitted: auto-replied\r\n" + ToAlice, "alice@example.org"));
        rig.Road.Envelope = rig.Road.Envelope with { ReversePath = null };
        Assert.Null(await rig.Road.SendAsync(ToAlice, "alice@example.org"));
        Assert.Empty(rig.Queue.Folder.List());
        Assert.Empty(rig.Transport.Sent);
        Assert.Equal(3, rig.Road.Store.All.Count);
    }

    [Fact]
    public async Task A_notice_tells_somebody_once_a_minute()
    {
        await using var rig = Stranger(_ => Delivery.Keep with { Answers = [new() { To = new("me", "phone.example"), Text = "Gr\u00fc\u00dfe", Interval = TimeSpan.FromMinutes(1), Handle = "x" }] });
        await rig.Road.SendAsync(ToAlice, "alice@example.org");
        await rig.Road.SendAsync(ToAlice, "alice@example.org");
        await QueueRig.UntilAsync(() => rig.Transport.Sent.Count > 0 && rig.Queue.Folder.List().Count == 0, "nothing was sent");
        var notice = Assert.Single(rig.Transport.Sent);
        Assert.Contains("\r\nAuto-Submitted: auto-notified; owner-email=\"alice@example.org\"\r\n", notice.Text, StringComparison.Ordinal);
        Assert.Contains("\r\nContent-Transfer-Encoding: base64\r\n", notice.Text, StringComparison.Ordinal);
        Assert.True(System.Text.Ascii.IsValid(notice.Text));
    }

    // Mail from outside, and notes that last.
    private static QueueRig Stranger(Func<IMessage, Delivery>? decide, Func<IMessage, Recipient, Delivery>? decideFor = null)
    {
        var rig = new QueueRig();
        rig.Road.Envelope = rig.Road.Envelope with { User = null, ReversePath = new("a", "sender.example") };
        rig.Road.Store.NotesFolder = Path.Combine(Path.GetDirectoryName(rig.Directory)!, "notes");
        Directory.CreateDirectory(rig.Road.Store.NotesFolder);
        rig.Road.Roles.Rules.Add(new FakeRule((mail, recipient, _) => decide?.Invoke(mail) ?? decideFor!(mail, recipient)));
        return rig.Start();
    }
}
