using System.Text;
using MailServer.Posix;
using MailServer.TestKit;

namespace MailServer.Storage.Tests;

/// <summary>Mail comes in once, with all that belongs to it, whatever happens meanwhile.</summary>
public sealed class ImportTests : IDisposable
{
    private const string From = "From a@example.org Mon Jan  1 10:00:00 2024\n";

    private readonly TempDirectory _source = new();

    public void Dispose() => _source.Dispose();

    [Fact]
    public async Task A_tree_of_all_kinds_becomes_folders()
    {
        Write("Inbox", From + "Subject: inbox\n\n\n" + From + "Subject: inbox 2\n\n");
        Write("Inbox.msf", "// an index");
        Write("Inbox.sbd/Sub.sbd/Deep", From + "Subject: deep\n\n");
        Write("Empty", "");
        Write("Empty.msf", "");
        Write("notes.txt", "no mail");
        Write("Letters/2024/a.eml", "Subject: eml\r\n\r\nbody\r\n");
        Write("Letters/.hidden.eml", "Subject: hidden\n\n");
        Write("Md/cur/1.a:2,FS", "Subject: seen\n\n");
        Write("Md/new/2.b", "Subject: new\n\n");
        Write("Md/tmp/3.c", "Subject: half");
        Write("Md/.Entw&APw-rfe.x/cur/1.d:2,D", "Subject: draft\n\n");
        await using var test = new TestStore();

        var report = await ImportAsync(test);

        Assert.Equal((7, 0, 1, 0), (report.Added, report.AlreadyThere, report.OtherFiles, report.SkippedCount));
        Assert.Equal(
            [
                "Empty: ", "INBOX/Sub/Deep: Subject: deep", "INBOX: Subject: inbox|Subject: inbox 2", "Letters/2024: Subject: eml",
                "Md/Entwürfe/x: Subject: draft", "Md: Subject: seen|Subject: new",
            ],
            await ContentAsync(test));
        await using var view = await test.ViewAsync("Md");
        Assert.Equal([SystemFlags.Flagged | SystemFlags.Seen, SystemFlags.None], [view.InfoAt(1).Flags.System, view.InfoAt(2).Flags.System]);
        var subscribed = (await (await test.AccountAsync()).ListSubscribedAsync(TestStore.Token)).Value;
        Assert.Contains(new FolderName("Letters/2024"), subscribed);
    }

    [Fact]
    public async Task A_single_mbox_goes_into_a_folder_of_its_name_or_into_the_one_given()
    {
        Write("old.mbox", From + "Subject: x\n\n");
        await using var test = new TestStore();
        await ImportAsync(test, "old.mbox");
        await ImportAsync(test, "old.mbox", new() { Folder = new("A/B") });
        Assert.Equal(["A/B: Subject: x", "INBOX: ", "old: Subject: x"], await ContentAsync(test));
    }

    [Fact]
    public async Task A_Thunderbird_profile_gives_its_accounts()
    {
        Write("prefs.js", "");
        Write("Mail/Local Folders/Inbox", "From - Mon Jan  1 10:00:00 2024\r\nX-Mozilla-Status: 0001\r\nX-Mozilla-Status2: 00000000\r\nSubject: x\r\n\r\nb\r\n\r\n");
        Write("ImapMail/imap.example.org/INBOX.sbd/Sent", From + "Subject: y\n\n");
        await using var test = new TestStore();
        await ImportAsync(test);
        Assert.Equal(["INBOX: ", "Local Folders/Inbox: Subject: x", "imap.example.org/INBOX/Sent: Subject: y"], await ContentAsync(test));
        await using var view = await test.ViewAsync("Local Folders/Inbox");
        Assert.Equal("Subject: x\r\n\r\nb\r\n", await TestStore.ReadAsync(view, 1));
        Assert.Equal(SystemFlags.Seen, view.InfoAt(1).Flags.System);
    }

    [Fact]
    public async Task Keywords_and_dates_of_a_Maildir_come_with_it()
    {
        Write("cur/1.a:2,Sac", "Subject: x\n\n");
        Write("cur/2.b:2,PS", "Subject: y\n\n");
        Write("dovecot-keywords", "0 $Label1\n2 later\n");
        Write("mailserver-keywords", "1.a\tfurther\n");
        var date = new DateTime(2001, 2, 3, 4, 5, 6, DateTimeKind.Utc);
        File.SetLastWriteTimeUtc(_source.File("cur/1.a:2,Sac"), date);
        await using var test = new TestStore();
        await ImportAsync(test);
        await using var view = await test.ViewAsync();
        Assert.Equal(["$Label1", "further", "later"], view.InfoAt(1).Flags.Keywords.Order(StringComparer.Ordinal));
        Assert.Equal(["$Forwarded"], view.InfoAt(2).Flags.Keywords);
        Assert.Equal(date, view.InfoAt(1).InternalDate.UtcDateTime);
    }

    [Fact]
    public async Task Nothing_comes_twice()
    {
        Write("A", From + "Subject: 1\n\n\n" + From + "Subject: 2\n\n\n" + From + "Subject: 1\n\n\n");
        await using var test = new TestStore();
        await test.AppendAsync("Subject: 2\r\n\r\n", folder: "INBOX");
        Assert.Equal((2, 1), Counts(await ImportAsync(test, "A")));
        Assert.Equal((0, 3), Counts(await ImportAsync(test, "A")));

        // A longer source brings what it has more.
        Write("A", From + "Subject: 0\n\n\n" + From + "Subject: 1\n\n\n" + From + "Subject: 2\n\n\n");
        Assert.Equal((1, 2), Counts(await ImportAsync(test, "A")));

        // What the folder got in another way counts too.
        Assert.Equal((2, 1), Counts(await ImportAsync(test, "A", new() { Folder = FolderName.Inbox })));
        Assert.Equal(["A: Subject: 1|Subject: 2|Subject: 0", "INBOX: Subject: 2|Subject: 0|Subject: 1"], await ContentAsync(test));
    }

    [Fact]
    public async Task What_was_moved_or_deleted_since_stays_away_unless_asked_for()
    {
        Write("A", From + "Subject: 1\n\n\n" + From + "Subject: 2\n\n");
        await using var test = new TestStore();
        await ImportAsync(test, "A");
        await using (var view = await test.ViewAsync("A"))
            Assert.Null((await view.ExpungeAsync([1], TestStore.Token)).Problem);
        Assert.Equal((0, 2), Counts(await ImportAsync(test, "A")));
        Assert.Equal((1, 1), Counts(await ImportAsync(test, "A", new() { Again = true })));
    }

    [Fact]
    public async Task Duplicates_are_kept_when_asked_for_and_once()
    {
        Write("A", From + "Subject: 1\n\n\n" + From + "Subject: 1\n\n\n");
        var keep = new ImportOptions { KeepDuplicates = true };
        await using var test = new TestStore();
        Assert.Equal((2, 0), Counts(await ImportAsync(test, "A", keep)));
        Assert.Equal((0, 2), Counts(await ImportAsync(test, "A", keep)));
    }

    [Fact]
    public async Task A_dry_run_counts_and_changes_nothing()
    {
        Write("A", From + "Subject: 1\n\n\n" + From + "Subject: 2\n\n");
        await using var test = new TestStore();
        Assert.Equal((2, 0), Counts(await ImportAsync(test, "A", new() { IsDryRun = true })));
        Assert.False(Directory.Exists(test.Maildir));
        await ImportAsync(test, "A");
        Assert.Equal((0, 2), Counts(await ImportAsync(test, "A", new() { IsDryRun = true })));
    }

    [Fact]
    public async Task What_cannot_be_read_is_named_and_the_rest_comes()
    {
        Write("a.eml", "Subject: a\n\n");
        Write("c.eml", "Subject: c\n\n");
        File.CreateSymbolicLink(_source.File("b.eml"), _source.File("nowhere"));
        Directory.CreateDirectory(_source.File("cur.d/cur"));
        Directory.CreateDirectory(_source.File("cur.d/cur/no file"));
        Write("cur.d/new/1.a", "Subject: d\n\n");
        Write("cur.d/new/2.b", "Subject: too large\n\n");
        using (var large = File.OpenWrite(_source.File("cur.d/new/2.b")))
            large.SetLength(1L << 31);
        await using var test = new TestStore();
        var report = await ImportAsync(test);
        Assert.Equal(3, report.Added);
        Assert.Equal([("cur.d/2.b", "it is larger than 2 GiB")], report.Skipped.Select(skipped => (skipped.Origin, skipped.Reason)));
    }

    [Theory]
    [InlineData("a\u0001b/.hidden?/c", "a_b/_hidden?/c")]
    [InlineData("inbox/x", "INBOX/x")]
    [InlineData("1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17/18", "1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16-17-18")]
    public void Odd_names_become_folders_that_can_be(string levels, string folder) =>
        Assert.Equal(folder, FolderFileName.FolderOf(levels.Split('/')).Value);

    [Theory]
    [InlineData("plain")]
    [InlineData("100%")]
    [InlineData("50%41")]
    [InlineData("a:b*c?\"<>|\\")]
    [InlineData(" blank ")]
    [InlineData("end.")]
    [InlineData("cur")]
    [InlineData("mbox")]
    [InlineData("x.mbox")]
    [InlineData("x.SBD")]
    [InlineData("x.mbox%")]
    [InlineData("Entwürfe 東京")]
    public void Folder_names_become_file_names_and_come_back(string level)
    {
        var name = FolderFileName.Encode(level);
        Assert.DoesNotContain(name, c => "/\\:*?\"<>|".Contains(c, StringComparison.Ordinal));
        Assert.Equal(level, FolderFileName.Decode(name));
    }

    [Theory]
    [InlineData("spool synced")]
    [InlineData("import announced")]
    [InlineData("named")]
    [InlineData("uidlist appended")]
    [InlineData("import entered")]
    public async Task Dying_at_any_step_neither_loses_nor_doubles(string step)
    {
        var mbox = string.Concat(Enumerable.Range(0, 150).Select(i => $"{From}Subject: {i % 75}\n\n\n"));
        Write("A", mbox);
        foreach (var keep in (bool[])[false, true])
            for (var batch = 1; batch <= 2; batch++)
            {
                await using var test = new TestStore();
                var (countdown, options) = (batch, new ImportOptions { KeepDuplicates = keep });
                if (step == "spool synced")
                    countdown = (batch * 40) - 10; // within the first batch, and the second
                test.Store.Context.Steps = reached =>
                {
                    if (reached == step && --countdown <= 0)
                        throw new NotSupportedException("died");
                };
                await Assert.ThrowsAsync<NotSupportedException>(() => ImportAsync(test, "A", options));

                await test.RestartAsync();
                Assert.Null((await ImportAsync(test, "A", options)).Problem);
                await using var view = await test.ViewAsync("A");
                Assert.Equal(keep ? 150 : 75, view.Count);
                Assert.Equal(75, (await SubjectsAsync(view)).Distinct().Count());
            }
    }

    [Fact]
    public async Task A_record_with_a_line_cut_off_is_read_up_to_there()
    {
        Write("A", From + "Subject: 1\n\n\n" + From + "Subject: 2\n\n");
        await using var test = new TestStore();
        await ImportAsync(test, "A");
        await File.AppendAllTextAsync(Path.Combine(test.Maildir, "mailserver-imports"), "+\t00ff", TestStore.Token);
        Assert.Equal((0, 2), Counts(await ImportAsync(test, "A")));
        Write("A", From + "Subject: 3\n\n");
        Assert.Equal((1, 0), Counts(await ImportAsync(test, "A")));
        Assert.Equal((0, 1), Counts(await ImportAsync(test, "A")));
    }

    [Fact]
    public async Task A_failing_disk_ends_the_import_with_the_reason_and_the_next_one_goes_on()
    {
        Write("A", string.Concat(Enumerable.Range(0, 100).Select(i => $"{From}Subject: {i}\n\n\n")));
        await using var test = new TestStore();
        var batch = 0;
        test.Store.Context.Steps = reached =>
        {
            if (reached == "import announced" && ++batch == 2)
                throw new IOException("no space left");
        };
        var report = await ImportAsync(test, "A");
        Assert.Equal(64, report.Added);
        Assert.NotNull(report.Problem);
        test.Store.Context.Steps = null;
        Assert.Equal((36, 64), Counts(await ImportAsync(test, "A")));
    }

    [Fact]
    public async Task Two_imports_at_once_into_one_account_are_refused()
    {
        Write("A", From + "Subject: 1\n\n");
        await using var test = new TestStore();
        await test.AccountAsync();
        using var first = ImportRecord.Open(test.Store.PathsOf(TestStore.Alice), isReadOnly: false);
        var refused = await Assert.ThrowsAsync<IOException>(() => ImportAsync(test, "A"));
        Assert.Contains("another import", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sessions_see_what_another_process_imports()
    {
        Write("A", From + "Subject: 1\n\n");
        await using var test = new TestStore();
        await using var view = await test.ViewAsync();
        using var watcher = DirectoryWatcher.Create();
        await using (var other = new MaildirStore(test.Store.Context.Options, watcher, TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLoggerFactory.Instance))
            Assert.Equal(1, (await new MailImport(other, TestStore.Alice, new() { Folder = FolderName.Inbox }).RunAsync(_source.File("A"), null, TestStore.Token)).Added);
        await TestStore.UntilAsync(view, () => view.Count == 1);
        Assert.Equal("Subject: 1\r\n", await TestStore.ReadAsync(view, 1));
    }

    private static (int Added, int AlreadyThere) Counts(TransferReport report) => (report.Added, report.AlreadyThere);

    private async Task<TransferReport> ImportAsync(TestStore test, string source = "", ImportOptions? options = null) =>
        await new MailImport(test.Store, TestStore.Alice, options ?? new()).RunAsync(Path.Combine(_source.Path, source), null, TestStore.Token);

    private static async Task<List<string>> ContentAsync(TestStore test)
    {
        List<string> lines = [];
        foreach (var folder in (await (await test.AccountAsync()).ListAsync(TestStore.Token)).Value.Where(folder => folder.IsSelectable))
        {
            await using var view = await test.ViewAsync(folder.Name.Value, FolderAccess.ReadOnly);
            lines.Add($"{folder.Name}: {string.Join('|', await SubjectsAsync(view))}");
        }

        return [.. lines.Order(StringComparer.Ordinal)];
    }

    private static async Task<List<string>> SubjectsAsync(IFolderView view)
    {
        List<string> subjects = [];
        for (var i = 1; i <= view.Count; i++)
            subjects.Add((await TestStore.ReadAsync(view, i)).Split("\r\n")[0]);
        return subjects;
    }

    private void Write(string name, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_source.File(name))!);
        File.WriteAllBytes(_source.File(name), Encoding.Latin1.GetBytes(text));
    }
}
