using System.Text;
using MailServer.Posix;
using MailServer.Storage;
using MailServer.TestKit;
using Microsoft.Extensions.Logging.Abstractions;

namespace MailServer.Pipeline.Tests;

/// <summary>The road to its end: real files in real Maildirs.</summary>
public sealed class StoreTests : IAsyncDisposable
{
    private readonly TempDirectory _data = new();
    private readonly DirectoryWatcher _watcher = DirectoryWatcher.Create();
    private readonly MaildirStore _store;
    private readonly Road _road = new();

    public StoreTests() => _store = new(
        new() { Maildir = "{data}/mail/{domain}/{user}/Maildir", Layout = MaildirLayout.MaildirPlusPlus, DataDirectory = _data.Path, Hostname = "mx.example.org" },
        _watcher, TimeProvider.System, NullLoggerFactory.Instance);

    private MailPipeline Pipeline => new(_road.Options, new MaildirAdapter(_store), _road.Roles, null, _road, TimeProvider.System, _road.Log);

    [Fact]
    public async Task A_message_is_one_file_with_LF_line_ends()
    {
        Assert.Null(await SendAsync(Road.Hello, "alice@example.org"));
        var path = Assert.Single(Files("alice", "new"));
        Assert.Equal(path, Assert.Single(Assert.Single(_road.Reports).Paths));
        var text = await File.ReadAllTextAsync(path);
        Assert.StartsWith("Return-Path: <a@sender.example>\nReceived: from client.example ([192.0.2.1])\n\tby mx.example.org with ESMTP\n", text, StringComparison.Ordinal);
        Assert.EndsWith("+0000\nFrom: a@sender.example\nSubject: hello\n\nbody\n", text, StringComparison.Ordinal);
        Assert.Empty(Spool());
    }

    [Fact]
    public async Task Flags_folders_and_keywords_are_those_of_the_rules()
    {
        _road.Roles.Rules.Add(new FakeRule((_, _, sofar) => sofar with { Folder = new("Lists/dev"), Copies = [FolderName.Inbox], Flags = [@"\Seen", @"\Flagged", "$Work"] }));
        Assert.Null(await SendAsync(Road.Hello, "alice@example.org"));
        Assert.EndsWith(":2,FSa", Assert.Single(Files("alice", ".Lists.dev/cur")), StringComparison.Ordinal);
        Assert.EndsWith(":2,FSa", Assert.Single(Files("alice", "cur")), StringComparison.Ordinal);
        Assert.Empty(Files("alice", "new"));
    }

    [Fact]
    public async Task Many_recipients_are_many_names_of_one_file()
    {
        var users = Enumerable.Range(0, 100).Select(i => FakeAccounts.UserOf($"user{i}@example.org")).ToList();
        _road.Roles.Directory.Users.AddRange(users);
        Assert.Null(await SendAsync(Road.Hello, [.. users.Select(user => user.Address.ToString())]));
        foreach (var user in users)
            Assert.Single(Files(user.Address.LocalPart, "new"));
        Assert.Empty(Spool());
    }

    [Fact]
    public async Task A_Maildir_that_cannot_be_made_defers_and_the_next_try_gives_each_one_copy()
    {
        var place = Path.Combine(_data.Path, "mail", "example.org", "bob");
        Directory.CreateDirectory(Path.GetDirectoryName(place)!);
        await File.WriteAllTextAsync(place, "a file in the way");
        var pipeline = Pipeline;
        Assert.True((await SendAsync(Road.Hello, pipeline, "alice@example.org", "bob@example.org"))?.Status.IsTransient);
        Assert.Single(Files("alice", "new"));

        File.Delete(place);
        Assert.Null(await SendAsync(Road.Hello, pipeline, "alice@example.org", "bob@example.org"));
        Assert.Single(Files("alice", "new"));
        Assert.Single(Files("bob", "new"));
        Assert.Empty(Spool());
    }

    [Fact]
    public async Task A_spool_that_cannot_be_made_defers()
    {
        await File.WriteAllTextAsync(Path.Combine(_data.Path, "spool"), "a file in the way");
        Assert.True((await SendAsync(Road.Hello, "alice@example.org"))?.Status.IsTransient);
        Assert.Empty(Files("alice", "new"));
    }

    [Fact]
    public async Task A_big_message_passes_through_the_disk_whole()
    {
        var line = new string('x', 76) + "\r\n";
        var body = "Subject: big\r\n\r\n" + string.Concat(Enumerable.Repeat(line, 20_000));
        Assert.Null(await SendAsync(body, "alice@example.org"));
        var text = await File.ReadAllTextAsync(Assert.Single(Files("alice", "new")));
        Assert.EndsWith(body.Replace("\r\n", "\n", StringComparison.Ordinal), text, StringComparison.Ordinal);
        Assert.Equal(body.Length, Assert.Single(_road.Reports).Size);
    }

    [Fact]
    public async Task An_owner_is_told_by_a_plain_message_that_nobody_answers_and_the_journal_tells_of_it()
    {
        _store.WarnBy(new QuotaNotice(_store, "mx.example.org", isFinal: false, _road.Time, _road.Log).SendAsync);
        var alice = FakeAccounts.UserOf("alice@example.org") with { Quota = new() { Storage = 1000, Messages = 2 } };
        _road.Roles.Directory.Users.RemoveAll(user => user.Address == alice.Address);
        _road.Roles.Directory.Users.Add(alice);
        Assert.Null(await SendAsync(Road.Hello, "alice@example.org"));
        Assert.Null(await SendAsync(Road.Hello, "alice@example.org"));
        await _store.DisposeAsync(); // waits for it
        var notice = Assert.Single(Files("alice", "new"), path => File.ReadAllText(path).Contains("Auto-Submitted", StringComparison.Ordinal));
        var text = await File.ReadAllTextAsync(notice);
        var id = Assert.Single(_road.Log.Lines, line => line.StartsWith("520", StringComparison.Ordinal)).Split(' ')[1].TrimEnd(':');
        Assert.Equal($"""
            Return-Path: <>
            Date: Tue, 24 Nov 2026 06:07:08 +0000
            From: Mail server <postmaster@mx.example.org>
            To: alice@example.org
            Subject: Your mailbox is 100 % full
            Message-ID: <{id}@mx.example.org>
            Auto-Submitted: auto-generated
            MIME-Version: 1.0
            Content-Type: text/plain; charset=utf-8
            Content-Transfer-Encoding: 8bit

            The mailbox alice@example.org holds

                {(Files("alice", "new").Sum(path => path == notice ? 0 : new FileInfo(path).Length))} B of 1000 B, 2 of 2 messages (100 %)

            When it is full, new mail waits at whoever sends it, and goes back after some days.
            To make room, delete what you do not need, and empty the folder that your
            mail program moves deleted messages to: what is in there counts, too.

            """, text);
        var entry = Assert.Single(new JournalReader(_store.MaildirOf(alice)).Forward());
        Assert.Equal(("delivered", "server", "INBOX", Path.GetFileName(notice)), (entry.Event, entry.By, entry.Folder, entry.Message));
        Assert.Equal(($"<{id}@mx.example.org>", "", "tells that 95 % are in use"), (entry.Delivery!.MessageId, entry.Delivery.Sender ?? "", entry.Delivery.Steps![0].Action));
    }

    [Fact]
    public async Task A_dropped_or_refused_message_leaves_no_file()
    {
        _road.Options = _road.Options with { MaxMessageSize = 300_000 };
        Assert.Equal(new StatusCode(5, 3, 4), (await SendAsync(new string('x', 300_001), "alice@example.org"))?.Status);
        await using (var mail = await Pipeline.BeginAsync(_road.Envelope, default))
            await mail.Body.WriteAsync(new byte[200_000]);
        Assert.Empty(Files("alice", "new"));
        Assert.Empty(Spool());
    }

    public async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        _watcher.Dispose();
        _data.Dispose();
    }

    private Task<Problem?> SendAsync(string text, params string[] recipients) => SendAsync(text, Pipeline, recipients);

    private async Task<Problem?> SendAsync(string text, MailPipeline pipeline, params string[] recipients)
    {
        await using var mail = await pipeline.BeginAsync(_road.Envelope, default);
        foreach (var recipient in recipients)
            Assert.Null(await mail.AddRecipientAsync(FakeAccounts.AddressOf(recipient), default));
        await mail.Body.WriteAsync(Encoding.UTF8.GetBytes(text));
        return await mail.CommitAsync(default);
    }

    private string[] Files(string user, string folder) =>
        Path.Combine(_data.Path, "mail", "example.org", user, "Maildir", folder) is var path && Directory.Exists(path) ? Directory.GetFiles(path) : [];

    private string[] Spool() => Path.Combine(_data.Path, "spool") is var path && Directory.Exists(path) ? Directory.GetFiles(path) : [];
}
