using System.Runtime.InteropServices;
using System.Text;
using MailServer.Posix;

namespace MailServer.Storage.Tests;

/// <summary>Files that cannot be read, and names that cannot be kept: they stay, they show, and the others are not troubled.</summary>
public sealed partial class UnreadableTests
{
    public static TheoryData<string, string> Kinds => new()
    {
        { "directory", "it is a directory, not a file" },
        { "pipe", "it is a pipe, socket or device, not a file" },
        { "link to nowhere", "it is a symbolic link to something that is not there" },
        { "link to itself", "Too many levels of symbolic links" },
    };

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task What_cannot_be_read_shows_as_a_note_beside_the_others(string kind, string reason)
    {
        await using var test = new TestStore();
        await test.DeliverAsync();
        var path = Path.Combine(test.Maildir, "cur", "1000.odd.host,S=3,W=4:2,F");
        Make(kind, path);
        await using var view = await test.ViewAsync();
        Assert.Equal(2, view.Count);
        var note = Enumerable.Range(1, 2).Single(sequence => view.InfoAt(sequence).Flags.System == SystemFlags.Flagged);
        var text = await TestStore.ReadAsync(view, note);
        Assert.Equal(view.InfoAt(note).Size, Encoding.UTF8.GetByteCount(text));
        Assert.Contains("Subject: A message here cannot be read\r\n", text, StringComparison.Ordinal);
        Assert.Contains("    cur/1000.odd.host,S=3,W=4:2,F\r\n", text, StringComparison.Ordinal);
        Assert.Contains(reason, text, StringComparison.Ordinal);
        Assert.Contains("A message here cannot be read", Encoding.UTF8.GetString((await view.StructureAtAsync(note, TestStore.Token)).Value.Envelope.Span), StringComparison.Ordinal);
        Assert.Equal("Subject: x\r\n\r\nbody\r\n", await TestStore.ReadAsync(view, 3 - note));
    }

    [Theory]
    [InlineData("new", 255)]
    [InlineData("new", 252)]
    [InlineData("cur", 253)]
    public async Task A_name_that_is_too_long_for_flags_keeps_its_message_and_the_others_get_theirs(string directory, int length)
    {
        await using var test = new TestStore();
        await test.DeliverAsync();
        var name = "1000.long." + new string('x', length - 10);
        File.WriteAllText(Path.Combine(await MaildirAsync(test), directory, name), "Subject: long\n\nbody\n");
        await using var view = await test.ViewAsync();
        Assert.Equal(2, view.Count);
        var longer = Enumerable.Range(1, 2).Single(sequence => view.InfoAt(sequence).Size == 23);
        var stored = await view.StoreAsync([1, 2], FlagChange.Add, new() { System = SystemFlags.Seen | SystemFlags.Flagged }, TestStore.Token);
        Assert.Equal(ProblemReason.LimitReached, stored.Problem!.Reason);
        Assert.Null((await view.RefreshAsync(true, TestStore.Token)).Problem);
        Assert.Equal(SystemFlags.None, view.InfoAt(longer).Flags.System);
        Assert.Equal(SystemFlags.Seen | SystemFlags.Flagged, view.InfoAt(3 - longer).Flags.System);
        Assert.Equal("Subject: long\r\n\r\nbody\r\n", await TestStore.ReadAsync(view, longer));

        // A copy has a name of ours, and room.
        Assert.Null((await view.CopyAsync([longer], FolderName.Inbox, TestStore.Token)).Problem);
        Assert.Null((await view.RefreshAsync(true, TestStore.Token)).Problem);
        Assert.Null((await view.StoreAsync([3], FlagChange.Add, new() { System = SystemFlags.Seen }, TestStore.Token)).Problem);
        Assert.Null((await view.ExpungeAsync([longer], TestStore.Token)).Problem);
    }

    [Fact]
    public async Task Drafts_of_plain_files_that_a_dead_server_left_go_after_36_hours_and_no_other_file_does()
    {
        await using var test = new TestStore();
        var maildir = await MaildirAsync(test);
        var guid = Guid.NewGuid().ToString("N");
        foreach (var (name, hours) in (IEnumerable<(string, int)>)[($"dovecot-uidlist.12.{guid}.tmp", 40), ($"subscriptions.12.{guid}.tmp", 30), ("notes.12.34.tmp", 40), ($"12.{guid}.tmp", 40), ("a.tmp", 40)])
        {
            await File.WriteAllTextAsync(Path.Combine(maildir, name), "", TestStore.Token);
            File.SetLastWriteTimeUtc(Path.Combine(maildir, name), DateTime.UtcNow.AddHours(-hours));
        }

        await using var view = await test.ViewAsync();
        Assert.Equal(new[] { $"12.{guid}.tmp", "a.tmp", "notes.12.34.tmp", $"subscriptions.12.{guid}.tmp" }.Order(StringComparer.Ordinal),
            Directory.GetFiles(maildir, "*.tmp").Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_note_takes_flags_and_is_neither_removed_nor_copied()
    {
        await using var test = new TestStore();
        Make("directory", Path.Combine((await MaildirAsync(test)), "cur", "1000.odd.host:2,"));
        await test.DeliverAsync();
        await using var view = await test.ViewAsync();
        var uids = TestStore.Uids(view);
        Assert.Equal([1, 2], (await view.StoreAsync([1, 2], FlagChange.Add, new() { System = SystemFlags.Deleted }, TestStore.Token)).Value);
        Assert.NotNull((await view.CopyAsync([1, 2], FolderName.Inbox, TestStore.Token)).Problem);
        var gone = (await view.ExpungeAsync(null, TestStore.Token)).Value.Uids;
        Assert.Equal([uids[1]], gone);
        Assert.Equal([uids[0]], TestStore.Uids(view));
        Assert.True(Directory.Exists(Path.Combine(test.Maildir, "cur", "1000.odd.host:2,T")));

        await test.StopAndStartAsync();
        await using var again = await test.ViewAsync();
        Assert.Equal([uids[0]], TestStore.Uids(again));
        Assert.Contains("cannot be read", await TestStore.ReadAsync(again, 1), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_file_that_can_be_read_again_is_a_new_message(bool restarts)
    {
        await using var test = new TestStore();
        var path = Path.Combine(await MaildirAsync(test), "cur", "1000.odd.host:2,S");
        Make("link to nowhere", path);
        var view = await test.ViewAsync();
        Assert.Equal([1], TestStore.Uids(view));
        Assert.Contains("cannot be read", await TestStore.ReadAsync(view, 1), StringComparison.Ordinal);
        if (restarts)
        {
            await view.DisposeAsync();
            await test.RestartAsync();
        }

        File.Delete(path);
        await File.WriteAllTextAsync(path, "Subject: real\n\nbody\n", TestStore.Token);
        if (restarts)
            view = await test.ViewAsync();
        await TestStore.UntilAsync(view, () => TestStore.Uids(view) is [2]);
        Assert.Equal("Subject: real\r\n\r\nbody\r\n", await TestStore.ReadAsync(view, 1));
        Assert.Equal(SystemFlags.Seen, view.InfoAt(1).Flags.System);
        await view.DisposeAsync();

        // It stays that message.
        await test.RestartAsync();
        await using var again = await test.ViewAsync();
        Assert.Equal([2], TestStore.Uids(again));
    }

    /// <summary>As with a file that could not be read from the beginning; but clients may have the message, and its UID stays the message's.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_message_that_cannot_be_read_any_more_is_a_note_until_it_can(bool restarts)
    {
        await using var test = new TestStore();
        await test.DeliverAsync("Subject: one\r\n\r\nbody\r\n");
        await test.DeliverAsync("Subject: two\r\n\r\nbody\r\n", flags: SystemFlags.Flagged);
        var view = await test.ViewAsync();
        Assert.Equal("Subject: one\r\n\r\nbody\r\n", await TestStore.ReadAsync(view, 1));
        var path = Directory.GetFiles(Path.Combine(test.Maildir, "cur"), "*:2,").Single();
        using (new ForbiddenFile(path))
        {
            Assert.Equal(ProblemReason.Unavailable, (await view.OpenMessageAsync(1, TestStore.Token)).Problem!.Reason);
            Assert.Equal("Subject: two\r\n\r\nbody\r\n", await TestStore.ReadAsync(view, 2));
            await TestStore.UntilAsync(view, () => TestStore.Uids(view) is [2, 3]);
            Assert.Contains("the server may not read it", await TestStore.ReadAsync(view, 2), StringComparison.Ordinal);
            Assert.Contains("\n3 U :", await File.ReadAllTextAsync(Path.Combine(test.Maildir, UidList.FileName), TestStore.Token), StringComparison.Ordinal);

            // It is neither removed nor copied.
            Assert.NotNull((await view.CopyAsync([2], FolderName.Inbox, TestStore.Token)).Problem);
            Assert.Empty((await view.ExpungeAsync([2], TestStore.Token)).Value.Uids);
            if (restarts)
            {
                await view.DisposeAsync();
                await test.RestartAsync();
                view = await test.ViewAsync();
                Assert.Equal([2, 3], TestStore.Uids(view));
                Assert.Contains("the server may not read it", await TestStore.ReadAsync(view, 2), StringComparison.Ordinal);
            }
        }

        File.SetLastAccessTimeUtc(path, DateTime.UtcNow); // the watcher hears of it as of a chmod
        await TestStore.UntilAsync(view, () => TestStore.Uids(view) is [2, 4]);
        Assert.Equal("Subject: one\r\n\r\nbody\r\n", await TestStore.ReadAsync(view, 2));
        await view.DisposeAsync();
    }

    [Theory]
    [InlineData(24)] // EMFILE
    [InlineData(23)] // ENFILE
    public async Task A_file_that_nothing_can_open_for_a_moment_stays_the_message_that_it_is(int error)
    {
        await using var test = new TestStore();
        var path = Path.Combine(await MaildirAsync(test), "cur", "1.a.x:2,");
        await File.WriteAllTextAsync(path, "Subject: a\n\nbody\n", TestStore.Token);
        await using var view = await test.ViewAsync();
        using (new ForbiddenFile(path, error))
        {
            _ = view.InfoAt(1);
            Assert.NotNull((await view.OpenMessageAsync(1, TestStore.Token)).Problem);
        }

        Assert.Equal("Subject: a\r\n\r\nbody\r\n", await TestStore.ReadAsync(view, 1));
        Assert.Equal(20, view.InfoAt(1).Size);
        Assert.Null((await view.RefreshAsync(true, TestStore.Token)).Problem);
        Assert.Equal([1], TestStore.Uids(view));
    }

    [Fact]
    public async Task A_message_of_a_list_that_cannot_be_read_keeps_its_uid_while_it_is_a_note()
    {
        await using var test = new TestStore();
        var maildir = await MaildirAsync(test);
        await File.WriteAllTextAsync(Path.Combine(maildir, UidList.FileName), "3 V99 N9 Gabc\n4 Pold :1000.odd.host\n", TestStore.Token);
        Make("directory", Path.Combine(maildir, "cur", "1000.odd.host:2,"));
        await using var view = await test.ViewAsync();
        Assert.Equal([4], TestStore.Uids(view));
        Assert.Contains("cannot be read", await TestStore.ReadAsync(view, 1), StringComparison.Ordinal);
        Assert.Equal("3 V99 N9 Gabc\n4 Pold U :1000.odd.host\n", await File.ReadAllTextAsync(Path.Combine(maildir, UidList.FileName), TestStore.Token));
    }

    public static TheoryData<string, string> OddNames => new()
    {
        { "1000.a\\377b.host:2,S", "1000.a\\377b.host:2,S" },
        { "1000.a\\012b.host:2,S", "1000.a\\012b.host:2,S" },
        { "1000.a\\011b.host:2,S", "1000.a\\011b.host:2,S" },
        { "1000.gr\\303\\274n.host:2,S", "1000.gr\u00fcn.host:2,S" },
    };

    /// <summary>Names are written with octal here, as the first column; the second is what the file is called afterwards.</summary>
    [Theory]
    [MemberData(nameof(OddNames))]
    public async Task A_name_that_cannot_be_kept_is_mended_and_keeps_the_uid_that_another_server_gave(string written, string mended)
    {
        await using var test = new TestStore();
        var maildir = await MaildirAsync(test);
        var name = Octets(written);
        WriteRaw(Path.Combine(maildir, "cur"), name, "Subject: odd\n\nbody\n");
        var isLine = name.IndexOf((byte)'\n') < 0;
        if (isLine)
            await File.WriteAllBytesAsync(Path.Combine(maildir, UidList.FileName),
                [.. "3 V99 N9 Gabc\n4 :"u8, .. name.AsSpan(0, name.IndexOf((byte)':')), .. "\n"u8], TestStore.Token);
        await using var view = await test.ViewAsync();
        Assert.Equal([isLine ? 4u : 1], TestStore.Uids(view));
        Assert.Equal("Subject: odd\r\n\r\nbody\r\n", await TestStore.ReadAsync(view, 1));
        Assert.Equal(SystemFlags.Seen, view.InfoAt(1).Flags.System);
        Assert.Equal([mended], Directory.GetFiles(Path.Combine(maildir, "cur")).Select(Path.GetFileName));
    }

    [Fact]
    public async Task A_file_without_a_base_name_gets_one()
    {
        await using var test = new TestStore();
        var maildir = await MaildirAsync(test);
        await File.WriteAllTextAsync(Path.Combine(maildir, "cur", ":2,F"), "Subject: odd\n\n", TestStore.Token);
        await using var view = await test.ViewAsync();
        Assert.Equal(SystemFlags.Flagged, view.InfoAt(1).Flags.System);
    }

    [Fact]
    public void A_pipe_is_not_waited_for()
    {
        using var folder = new TestKit.TempDirectory();
        Make("pipe", folder.File("pipe"));
        Assert.Throws<IOException>(() => DiskFile.Open(folder.File("pipe")));
        Assert.Throws<FileNotFoundException>(() => DiskFile.Open(folder.File("none")));
        Assert.Throws<IOException>(() => DiskFile.Open(folder.Path));
        Assert.Equal(FileKind.Special, FileFacts.Of(folder.File("pipe"))!.Value.Kind);
        Assert.Equal(FileKind.Directory, FileFacts.Of(folder.Path)!.Value.Kind);
        Assert.Null(FileFacts.Of(folder.File("none")));
    }

    private static async Task<string> MaildirAsync(TestStore test)
    {
        await test.AccountAsync();
        return test.Maildir;
    }

    private static void Make(string kind, string path)
    {
        switch (kind)
        {
            case "directory":
                Directory.CreateDirectory(path);
                break;
            case "pipe":
                Assert.Equal(0, MakePipe(path, 0x180));
                break;
            case "link to itself":
                File.CreateSymbolicLink(path, path);
                break;
            default:
                File.CreateSymbolicLink(path, "/nonexistent/file");
                break;
        }
    }

    /// <summary>A file that cannot be opened: tests may run as root, whom no mode keeps out.</summary>
    private sealed class ForbiddenFile : IDiskProbe, IDisposable
    {
        private readonly string _path;
        private readonly int _error;

        public ForbiddenFile(string path, int error = 13) // EACCES
        {
            (_path, _error) = (path, error);
            DiskProbe.Add(this);
        }

        public DiskFault Before(in DiskOperation operation, int length) =>
            operation.Path == _path && operation.Call is (DiskCall.Open or DiskCall.Access) ? new(_error) : default;

        public void After(in DiskOperation operation)
        {
        }

        public void Dispose() => DiskProbe.Remove(this);
    }

    private static byte[] Octets(string text)
    {
        List<byte> octets = [];
        for (var i = 0; i < text.Length; i++)
            if (text[i] == '\\')
            {
                octets.Add(Convert.ToByte(text.Substring(i + 1, 3), 8));
                i += 3;
            }
            else
                octets.Add((byte)text[i]);
        return [.. octets];
    }

    /// <summary>.NET cannot make such a name, so a good one is made and renamed.</summary>
    private static void WriteRaw(string directory, byte[] name, string text)
    {
        var draft = Path.Combine(Path.GetDirectoryName(directory)!, "tmp", "draft");
        File.WriteAllText(draft, text);
        Assert.Equal(0, Rename([.. Encoding.UTF8.GetBytes(draft), 0], [.. Encoding.UTF8.GetBytes(directory), (byte)'/', .. name, 0]));
    }

    [LibraryImport("libc", EntryPoint = "mkfifo", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int MakePipe(string path, uint mode);

    [LibraryImport("libc", EntryPoint = "rename")]
    private static partial int Rename(byte[] from, byte[] to);
}
