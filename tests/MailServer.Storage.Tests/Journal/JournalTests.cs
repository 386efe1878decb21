using System.Globalization;
using System.Net;
using System.Text;
using Microsoft.Extensions.Time.Testing;

namespace MailServer.Storage.Tests;

public sealed class JournalTests
{
    private static readonly Author Session = new() { Kind = "imap", Session = "c7", Peer = IPAddress.Loopback };

    private static List<JournalEntry> Entries(TestStore store) => [.. new JournalReader(store.Maildir).Forward()];

    private static async Task<IFolderView> ViewAsync(TestStore store, string folder = "INBOX") =>
        (await (await store.Store.OpenAsync(TestStore.Alice, Session, TestStore.Token)).Value
            .OpenFolderAsync(new(folder), FolderAccess.ReadWrite, null, TestStore.Token)).Value;

    [Fact]
    public async Task Every_change_of_a_session_is_told_with_its_author_and_both_places_of_a_move()
    {
        await using var store = new TestStore();
        await using var account = (await store.Store.OpenAsync(TestStore.Alice, Session, TestStore.Token)).Value;
        Assert.Null(await account.CreateAsync(new("A"), null, TestStore.Token));
        await store.AppendAsync("Received: a\r\n\tb\r\nmessage-id: <1@x>\r\nSubject: 1\r\n\r\n");
        await using var view = await ViewAsync(store);
        Assert.Null((await view.StoreAsync([1], FlagChange.Add, new() { System = SystemFlags.Seen, Keywords = ["$Work"] }, TestStore.Token)).Problem);
        Assert.Null((await view.StoreAsync([1], FlagChange.Add, new() { System = SystemFlags.Seen }, TestStore.Token)).Problem);
        Assert.Null((await view.CopyAsync([1], new("A"), TestStore.Token)).Problem);
        Assert.Null((await view.MoveAsync([1], new("A"), TestStore.Token)).Problem);
        await using var target = await ViewAsync(store, "A");
        Assert.Null((await target.ExpungeAsync([2], TestStore.Token)).Problem);
        Assert.Null(await account.RenameAsync(new("A"), new("B"), TestStore.Token));
        Assert.Null(await account.DeleteAsync(new("B"), TestStore.Token));

        var entries = Entries(store);
        Assert.Equal(["folder-created", "appended", "flags", "copied", "moved", "removed", "folder-renamed", "folder-deleted"], entries.Select(entry => entry.Event));
        Assert.All(entries.Where(entry => entry.Event != "appended"), entry => Assert.Equal(("imap", "c7", "127.0.0.1"), (entry.By, entry.Session, entry.Peer)));
        Assert.Equal(["<1@x>", "<1@x>", "<1@x>"], new[] { 1, 3, 4 }.Select(i => entries[i].MessageId));
        Assert.Equal("S $Work", entries[2].Flags);
        Assert.Equal(("INBOX", 1u, "A", 2u), (entries[4].From!.Folder, entries[4].From!.Uid!.Value, entries[4].Folder, entries[4].Uid!.Value));
        Assert.Equal(entries[1].Message, entries[4].From!.Message);
        Assert.Equal(entries[4].Message, entries[5].Message);
        Assert.Equal("A", entries[6].From!.Folder);
        Assert.Equal(["appended", "flags", "copied", "moved", "removed"], new JournalReader(store.Maildir).StoryOf(entries[4].Message!).Select(entry => entry.Event));
        Assert.Equal(["appended", "flags", "copied", "moved", "removed"], new JournalReader(store.Maildir).StoryOf("1@x").Select(entry => entry.Event));
    }

    [Fact]
    public async Task What_other_programs_do_is_told_and_a_name_that_changes_its_folder_is_a_move()
    {
        await using var store = new TestStore();
        await using var account = await store.AccountAsync();
        Assert.Null(await account.CreateAsync(new("A"), null, TestStore.Token));
        await using var inbox = await ViewAsync(store);
        await using var other = await ViewAsync(store, "A");
        File.WriteAllText(Path.Combine(store.Maildir, "new", "1.x"), "Subject: x\n\n");
        await TestStore.UntilAsync(inbox, () => inbox.Count == 1);
        File.Move(Directory.GetFiles(Path.Combine(store.Maildir, inbox.RecentCount > 0 ? "cur" : "new")).Single(), Path.Combine(store.Maildir, "cur", "1.x:2,F"));
        await TestStore.UntilAsync(inbox, () => inbox.InfoAt(1).Flags.System == SystemFlags.Flagged);
        File.Move(Path.Combine(store.Maildir, "cur", "1.x:2,F"), Path.Combine(store.Maildir, ".A", "cur", "1.x:2,F"));
        await TestStore.UntilAsync(other, () => other.Count == 1);
        await TestStore.UntilAsync(inbox, () => inbox.Count == 0);
        File.Delete(Path.Combine(store.Maildir, ".A", "cur", "1.x:2,F"));
        await TestStore.UntilAsync(other, () => other.Count == 0);

        var entries = Entries(store).FindAll(entry => entry.Message == "1.x");
        Assert.All(entries, entry => Assert.Equal("outside", entry.By));
        Assert.Equal(("added", "INBOX"), (entries[0].Event, entries[0].Folder));
        Assert.Equal(("flags", "F"), (entries[1].Event, entries[1].Flags));
        var move = Assert.Single(entries, entry => entry.Event == "moved");
        Assert.Equal(("INBOX", "A"), (move.From!.Folder, move.Folder));
        Assert.Equal(("gone", "A"), (entries[^1].Event, entries[^1].Folder));
    }

    [Fact]
    public async Task Deliveries_of_this_server_are_no_outside_additions_and_an_adoption_is_one_line()
    {
        await using var store = new TestStore();
        await store.DeliverAsync();
        for (var i = 0; i < 150; i++)
            File.WriteAllText(Path.Combine(store.Maildir, "cur", $"{i}.x:2,"), "Subject: x\n\n");
        await using var view = await ViewAsync(store);
        Assert.Equal(151, view.Count);
        Assert.Equal(("added", 150), (Assert.Single(Entries(store)).Event, Entries(store)[0].Count!.Value));
    }

    [Fact]
    public async Task A_delivery_that_the_server_before_wrote_down_is_not_told_of_twice()
    {
        await using var store = new TestStore();
        var path = await store.DeliverAsync();
        store.Store.WriteJournal(TestStore.Alice, new() { Event = JournalEvents.Delivered, By = "smtp", Folder = "INBOX", Message = Path.GetFileName(path) });
        await store.RestartAsync();
        await using var view = await ViewAsync(store);
        Assert.Equal(1, view.Count);
        Assert.Equal(["delivered"], Entries(store).Select(entry => entry.Event));
    }

    [Theory]
    [InlineData("Message-ID: <a@b>\n\n", "<a@b>")]
    [InlineData("MESSAGE-ID:\n <a@b>\n\n", "<a@b>")]
    [InlineData("Subject: x\r\nMessage-Id : <a@b>\r\n\r\n", "<a@b>")]
    [InlineData("Subject: x\n\nMessage-ID: <a@b>\n", null)]
    [InlineData("Message-ID: \n\n", null)]
    [InlineData("", null)]
    public void The_Message_ID_is_found_in_the_header_alone(string text, string? expected)
    {
        using var directory = new TestKit.TempDirectory();
        foreach (var above in (int[])[0, 4000, 5000, 30_000])
        {
            var field = above == 0 ? "" : $"X: {new string('x', above)}\n";
            File.WriteAllText(directory.File("message"), field + text);
            Assert.Equal(expected, MessageIdField.In(directory.File("message")));
        }

        File.WriteAllText(directory.File("message"), $"X: {new string('x', 40_000)}\n{text}");
        Assert.Null(MessageIdField.In(directory.File("message")));
        Assert.Null(MessageIdField.In(directory.File("none")));
    }

    [Fact]
    public void A_range_of_time_leaves_out_what_was_before_and_what_came_after_in_both_directions()
    {
        using var directory = new TestKit.TempDirectory();
        foreach (var (month, days) in ((string, int[])[])[("2026-09", [1, 30]), ("2026-10", [1, 15, 31]), ("2026-11", [1, 24])])
            File.WriteAllLines(directory.File("mailserver-journal-" + month), days.Select(day => $$"""{"event":"{{month[5..]}}/{{day}}","time":"{{month}}-{{day:00}}T00:00:00Z","message":"1.x"}"""));
        (string? Since, string? Until, string[] Events)[] cases =
        [
            (null, null, ["09/1", "09/30", "10/1", "10/15", "10/31", "11/1", "11/24"]),
            ("2026-10-01", null, ["10/1", "10/15", "10/31", "11/1", "11/24"]),
            ("2026-10-02", "2026-11-01", ["10/15", "10/31"]),
            (null, "2026-10-01", ["09/1", "09/30"]),
            ("2026-10-31T00:00:01Z", "2026-11-24T00:00:01Z", ["11/1", "11/24"]),
            ("2026-11-25", null, []),
        ];
        foreach (var (since, until, events) in cases)
        {
            var reader = new JournalReader(directory.Path) { Since = Time(since), Until = Time(until) };
            Assert.Equal(events, reader.Forward().Select(entry => entry.Event));
            Assert.Equal(Enumerable.Reverse(events), reader.Backward().Select(entry => entry.Event));
            Assert.Equal(events, reader.StoryOf("1.x").Select(entry => entry.Event));
        }

        static DateTimeOffset? Time(string? text) => text is null ? null : DateTimeOffset.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
    }

    [Fact]
    public void The_first_line_of_a_month_removes_the_files_that_are_older_than_the_journal_is_kept()
    {
        using var directory = new TestKit.TempDirectory();
        string[] names = ["2025-10", "2026-07", "2026-08", "2026-08.2", "2026-10"];
        foreach (var name in names)
            File.WriteAllText(directory.File("mailserver-journal-" + name), "{\"event\":\"a\"}\n");
        File.WriteAllText(directory.File("mailserver-journal-notes"), "not ours");
        var options = new StoreOptions { Maildir = directory.Path, DataDirectory = directory.Path, Hostname = "x", JournalDays = 60 };
        var time = new FakeTimeProvider(new(2026, 10, 31, 12, 0, 0, TimeSpan.Zero));
        var journal = new Journal(directory.Path, new(options, time, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance));
        journal.Add(new JournalEntry { Event = "b" });

        // The last second of August is 60 days and 12 hours ago: its files go, whole.
        Assert.Equal(["2026-10", "notes"], Months(directory.Path));
        time.SetUtcNow(new(2026, 11, 1, 0, 0, 0, TimeSpan.Zero));
        journal.Add(new JournalEntry { Event = "c" });
        Assert.Equal(["2026-10", "2026-11", "notes"], Months(directory.Path));
        time.SetUtcNow(new(2026, 12, 31, 23, 0, 0, TimeSpan.Zero));
        journal.Add(new JournalEntry { Event = "d" });
        Assert.Equal(["2026-11", "2026-12", "notes"], Months(directory.Path));
        Assert.Equal(["c", "d"], new JournalReader(directory.Path).Forward().Select(entry => entry.Event));

        static IEnumerable<string> Months(string path) =>
            Directory.GetFiles(path, "mailserver-journal-*").Select(file => Path.GetFileName(file)["mailserver-journal-".Length..]).Order(StringComparer.Ordinal);
    }

    [Fact]
    public void Records_of_runs_go_with_the_journal_but_not_one_that_was_broken_off()
    {
        using var directory = new TestKit.TempDirectory();
        Write("20260701T000000", isEnded: true);
        Write("20260701T000000-1", isEnded: false);
        Write("20261001T000000", isEnded: true);
        File.WriteAllText(directory.File("mailserver-run-notes"), "not ours");
        var options = new StoreOptions { Maildir = directory.Path, DataDirectory = directory.Path, Hostname = "x", JournalDays = 60 };
        var journal = new Journal(directory.Path, new(options, new FakeTimeProvider(new(2026, 10, 31, 12, 0, 0, TimeSpan.Zero)), Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance));
        journal.Add(new JournalEntry { Event = "a" });
        Assert.Equal(
            ["20260701T000000-1", "20261001T000000", "notes"],
            Directory.GetFiles(directory.Path, "mailserver-run-*").Select(file => Path.GetFileName(file)["mailserver-run-".Length..]).Order(StringComparer.Ordinal));

        void Write(string id, bool isEnded) => File.WriteAllText(directory.File("mailserver-run-" + id),
            $"{{\"run\":{{\"id\":\"{id}\",\"kind\":\"apply\",\"words\":\"x\",\"time\":\"{id[..4]}-{id[4..6]}-01T00:00:00+00:00\"}}}}\n{(isEnded ? "{\"end\":true}\n" : "")}");
    }

    [Fact]
    public void Of_a_journal_that_is_too_large_the_oldest_files_go_and_the_newest_stays()
    {
        using var directory = new TestKit.TempDirectory();
        foreach (var part in Enumerable.Range(1, 18))
            using (var file = File.Create(directory.File(JournalFiles.NameOf(new(2026, 11, 1, 0, 0, 0, TimeSpan.Zero), part))))
                file.SetLength(JournalFiles.MaxFile);
        JournalFiles.Sweep(directory.Path, new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
        Assert.Equal(Enumerable.Range(3, 16), JournalFiles.All(directory.Path).Select(file => file.Part));
        JournalFiles.Sweep(directory.Path, new(2027, 1, 1, 0, 0, 0, TimeSpan.Zero));
        Assert.Equal([18], JournalFiles.All(directory.Path).Select(file => file.Part));
    }

    [Theory]
    [InlineData("", 0)]
    [InlineData("{\"event\":\"a\"}\n\n{\"event\":\"b\"", 1)]
    [InlineData("garbage\n{\"event\":\"a\"}\n{\"event\":\"b\"}\n", 1)]
    [InlineData("{\"event\":\"a\"}\n\0\0\0\0\n[1]\n{\"event\":\"b\"}\n{}\n", 3)]
    public void Bad_lines_are_skipped_and_counted_in_both_directions(string text, int bad)
    {
        using var directory = new TestKit.TempDirectory();
        File.WriteAllText(Path.Combine(directory.Path, "mailserver-journal-2026-11"), text);
        var (forward, backward) = (new JournalReader(directory.Path), new JournalReader(directory.Path));
        var events = forward.Forward().Select(entry => entry.Event).ToList();
        Assert.Equal(text.Split('\n').Count(line => line is "{\"event\":\"a\"}" or "{\"event\":\"b\"}"), events.Count);
        Assert.Equal(Enumerable.Reverse(events), backward.Backward().Select(entry => entry.Event));
        Assert.Equal((bad, bad), (forward.Skipped, backward.Skipped));
    }

    [Fact]
    public void Reading_backward_is_reading_forward_turned_round_wherever_pieces_are_cut()
    {
        var seed = Random.Shared.Next();
        TestContext.Current.TestOutputHelper!.WriteLine($"seed {seed}");
        var random = new Random(seed);
        using var directory = new TestKit.TempDirectory();
        foreach (var name in (string[])["2026-09", "2026-10", "2026-10.2", "2026-10.10"])
        {
            var text = new StringBuilder();
            for (var i = 0; i < 600; i++)
                text.Append(CultureInfo.InvariantCulture, $"{{\"event\":\"{name}/{i}{new string('x', random.Next(900))}\"}}\n");
            File.WriteAllText(Path.Combine(directory.Path, "mailserver-journal-" + name), text.ToString());
        }

        var forward = new JournalReader(directory.Path).Forward().Select(entry => entry.Event).ToList();
        Assert.Equal(2400, forward.Count);
        Assert.StartsWith("2026-09/0", forward[0], StringComparison.Ordinal);
        Assert.StartsWith("2026-10.10/599", forward[^1], StringComparison.Ordinal);
        Assert.Equal(Enumerable.Reverse(forward), new JournalReader(directory.Path).Backward().Select(entry => entry.Event));
    }

    [Fact]
    public async Task A_line_stays_below_4_KB_whatever_strangers_write()
    {
        await using var store = new TestStore();
        await store.AccountAsync();
        var text = string.Concat(Enumerable.Repeat("\u0001ö\"😀", 5000));
        store.Store.WriteJournal(TestStore.Alice, new()
        {
            Event = JournalEvents.Delivered,
            Session = text,
            Folder = "INBOX",
            Message = "1.x",
            Flags = text,
            Delivery = new()
            {
                Id = "id",
                MessageId = text,
                Sender = text,
                Recipient = text,
                Helo = text,
                With = text,
                Tls = text,
                User = text,
                Problem = text,
                Findings = [.. Enumerable.Repeat(text, 100)],
                Steps = [.. Enumerable.Repeat(new JournalStep(text, 1, text), 100)],
            },
        });
        var line = File.ReadAllBytes(Directory.GetFiles(store.Maildir, "mailserver-journal-*").Single());
        Assert.InRange(line.Length, 200, 4000);
        var entry = Assert.Single(Entries(store));
        Assert.Equal(("1.x", "INBOX", 24, 76), (entry.Message, entry.Folder, entry.Delivery!.Steps!.Count, entry.Delivery.StepsBefore));
        Assert.EndsWith("…", entry.Delivery.MessageId, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_journal_that_cannot_be_written_keeps_no_mail_away()
    {
        await using var store = new TestStore();
        await store.AccountAsync();
        var name = Path.Combine(store.Maildir, "mailserver-journal-" + DateTime.UtcNow.ToString("yyyy-MM", CultureInfo.InvariantCulture));
        Directory.CreateDirectory(name);
        Assert.Equal(1u, await store.AppendAsync("Subject: x\r\n\r\n"));
        Directory.Delete(name);
        Assert.Equal(2u, await store.AppendAsync("Subject: x\r\n\r\n"));
        Assert.Equal(2u, Assert.Single(Entries(store)).Uid);
    }
}
