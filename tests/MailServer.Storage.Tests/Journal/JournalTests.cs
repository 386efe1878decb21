using System.Globalization;
using System.Net;
using System.Text;

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
        await store.AppendAsync("Subject: 1\r\n\r\n");
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
        Assert.Equal("S $Work", entries[2].Flags);
        Assert.Equal(("INBOX", 1u, "A", 2u), (entries[4].From!.Folder, entries[4].From!.Uid!.Value, entries[4].Folder, entries[4].Uid!.Value));
        Assert.Equal(entries[1].Message, entries[4].From!.Message);
        Assert.Equal(entries[4].Message, entries[5].Message);
        Assert.Equal("A", entries[6].From!.Folder);
        Assert.Equal(["appended", "flags", "copied", "moved", "removed"], new JournalReader(store.Maildir).StoryOf(entries[4].Message!).Select(entry => entry.Event));
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
    public async Task A_line_stays_below_2_KB_whatever_strangers_write()
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
        Assert.InRange(line.Length, 200, 2048);
        var entry = Assert.Single(Entries(store));
        Assert.Equal(("1.x", "INBOX", 8), (entry.Message, entry.Folder, entry.Delivery!.Steps!.Count));
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
