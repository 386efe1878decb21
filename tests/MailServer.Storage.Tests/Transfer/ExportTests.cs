using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using MailServer.TestKit;

namespace MailServer.Storage.Tests;

/// <summary>What is written out comes back as it was, and no file of anybody's is written over.</summary>
public sealed class ExportTests : IDisposable
{
    private readonly TempDirectory _target = new();

    public void Dispose() => _target.Dispose();

    [Theory]
    [InlineData(TransferFormat.Mbox)]
    [InlineData(TransferFormat.Eml)]
    [InlineData(TransferFormat.Maildir)]
    public async Task Odd_messages_come_back_octet_for_octet(TransferFormat format)
    {
        string[] messages =
        [
            "", "\n", "\r", "\r\n", "no end", "Subject: x", "Subject: x\r\n", "Subject: x\r\n\r\n", "Subject: x\r\n\r\n\r\n\r\n", "Status: RO\r\nX-Status: F\r\n\r\n",
            "From a@example.org Mon Jan  1 10:00:00 2024\r\nSubject: x\r\n\r\nFrom me\r\n>From you\r\n>>>From us\r\nFrom", "\r\n\r\nFrom a@example.org Mon Jan  1 10:00:00 2024\r\nA: b\r\n",
            "A: b\r\nContent-Length: 3\r\n\r\nabc\r\n", "A: b\r\n\r\nends with CR\r", "A: b\r\n\r\n\r", "A: b\r\n\r\na\r\r\nb\n\r\nc\r\r", "A: b\r\n\r\n\0\u00FF\0",
            "X-Mailserver-Export: no-final-newline\r\n\r\nx\r\n", "  begins folded\r\nSubject: x\r\n\r\n", "X-Status: F\r\n\r\n", new string('>', 253) + "From x\r\n", new string('>', 200_000) + "From x\r\n", new string('>', 200_000), "X: " + new string('y', 300_000),
        ];
        await using var test = new TestStore();
        foreach (var message in messages)
            await test.AppendAsync(message);

        await using var back = await RoundTripAsync(test, format);
        await using var view = await back.ViewAsync();
        Assert.Equal(await ReadAllAsync(test), await ReadAllAsync(back));
        Assert.Equal(messages.Length, view.Count);
    }

    [Theory]
    [InlineData(TransferFormat.Mbox)]
    [InlineData(TransferFormat.Eml)]
    [InlineData(TransferFormat.Maildir)]
    public async Task Real_mail_comes_back_with_flags_keywords_dates_and_folders(TransferFormat format)
    {
        var seed = Environment.GetEnvironmentVariable("MAILSERVER_SEED") is { } given ? int.Parse(given, CultureInfo.InvariantCulture) : Environment.TickCount;
        TestContext.Current.SendDiagnosticMessage("seed {0}", seed);
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        var random = new Random(seed);
        await using var test = new TestStore();
        var account = await test.AccountAsync();
        string[] folders = ["INBOX", "A", "A/B", "Entwürfe/100%/x.mbox", "cur", "a:b*?\"<>|c", "INBOX/below", "empty"];
        foreach (var folder in folders.Skip(1))
            Assert.Null(await account.CreateAsync(new(folder), null, TestStore.Token));
        foreach (var path in Mails(random, 150))
        {
            var keywords = Enumerable.Range(0, random.Next(4)).Select(_ => $"k{random.Next(40)}").Distinct().ToArray();
            var date = DateTimeOffset.FromUnixTimeSeconds(random.Next(100_000_000, 1_700_000_000));
            await test.AppendAsync(
                Encoding.Latin1.GetString(await File.ReadAllBytesAsync(path, TestStore.Token)), folders[random.Next(folders.Length - 1)],
                new() { System = (SystemFlags)random.Next(32), Keywords = keywords }, date);
        }

        await using var back = await RoundTripAsync(test, format);
        Assert.Equal(await DescribeAsync(test), await DescribeAsync(back));
    }

    [Theory]
    [InlineData(TransferFormat.Mbox)]
    [InlineData(TransferFormat.Eml)]
    [InlineData(TransferFormat.Maildir)]
    public async Task A_repeated_export_adds_what_is_new(TransferFormat format)
    {
        await using var test = new TestStore();
        await test.AppendAsync("Subject: 1\r\n\r\n");
        await test.AppendAsync("Subject: 2\r\n\r\n", flags: new() { Keywords = ["a"] });
        Assert.Equal((2, 0), Counts(await ExportAsync(test, format)));
        Assert.Equal((0, 2), Counts(await ExportAsync(test, format)));
        await test.AppendAsync("Subject: 3\r\n\r\n");
        Assert.Equal((1, 2), Counts(await ExportAsync(test, format)));

        await using var back = new TestStore();
        Assert.Equal(3, (await new MailImport(back.Store, TestStore.Alice, new()).RunAsync(_target.Path, null, TestStore.Token)).Added);
        Assert.Equal(await ReadAllAsync(test), await ReadAllAsync(back));
    }

    [Fact]
    public async Task Dates_limit_what_is_written()
    {
        await using var test = new TestStore();
        for (var day = 1; day <= 5; day++)
            await test.AppendAsync($"Subject: {day}\r\n\r\n", date: new(2024, 1, day, 12, 0, 0, TimeSpan.Zero));
        var options = new ExportOptions { Format = TransferFormat.Eml, Since = new(2024, 1, 2), Before = new(2024, 1, 4) };
        Assert.Equal(2, (await new MailExport(test.Store, TestStore.Alice, options).RunAsync(_target.Path, null, TestStore.Token)).Added);
        Assert.Equal(
            ["20240102T120000Z-00000002-2.eml", "20240103T120000Z-00000003-3.eml"],
            Directory.EnumerateFiles(_target.File("INBOX"), "*.eml").Select(Path.GetFileName).Order(StringComparer.Ordinal));

        // The same directory with other dates would be a mixture that nobody can continue.
        var report = await new MailExport(test.Store, TestStore.Alice, options with { Since = null }).RunAsync(_target.Path, null, TestStore.Token);
        Assert.Equal((0, 1), (report.Added, report.SkippedCount));
    }

    [Fact]
    public async Task One_folder_comes_with_those_below()
    {
        await using var test = new TestStore();
        foreach (var folder in (string[])["A", "A/B", "AB"])
            await test.DeliverAsync(folder: folder);
        await new MailExport(test.Store, TestStore.Alice, new() { Folder = new("A") }).RunAsync(_target.Path, null, TestStore.Token);
        Assert.Equal(["A.mbox", "A/B.mbox", "mailserver-export"],
            Directory.EnumerateFiles(_target.Path, "*", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(_target.Path, path)).Order(StringComparer.Ordinal));
        var none = await new MailExport(test.Store, TestStore.Alice, new() { Folder = new("none") }).RunAsync(_target.Path, null, TestStore.Token);
        Assert.Equal(ProblemReason.NotFound, none.Problem?.Reason);
    }

    [Theory]
    [InlineData("INBOX.mbox")]
    [InlineData("INBOX.mbox.part")]
    public async Task A_file_of_somebody_else_is_left_alone(string name)
    {
        await using var test = new TestStore();
        await test.DeliverAsync();
        await test.DeliverAsync(folder: "A");
        await File.WriteAllTextAsync(_target.File(name), "mine", TestStore.Token);
        var report = await ExportAsync(test, TransferFormat.Mbox);
        Assert.Equal((1, 1), (report.Added, report.SkippedCount));
        Assert.Contains("not touched", report.Skipped[0].Reason, StringComparison.Ordinal);
        Assert.Equal("mine", await File.ReadAllTextAsync(_target.File(name), TestStore.Token));
    }

    [Fact]
    public async Task An_mbox_changed_by_a_mail_program_is_left_alone()
    {
        await using var test = new TestStore();
        await test.DeliverAsync();
        await ExportAsync(test, TransferFormat.Mbox);
        await File.AppendAllTextAsync(_target.File("INBOX.mbox"), "From x\n", TestStore.Token);
        var before = await File.ReadAllTextAsync(_target.File("INBOX.mbox"), TestStore.Token);
        await test.DeliverAsync();
        Assert.Equal(1, (await ExportAsync(test, TransferFormat.Mbox)).SkippedCount);
        Assert.Equal(before, await File.ReadAllTextAsync(_target.File("INBOX.mbox"), TestStore.Token));
    }

    [Fact]
    public async Task An_mbox_half_written_goes_on_from_where_it_is_durable()
    {
        await using var test = new TestStore();
        await test.AppendAsync("Subject: 1\r\n\r\n");
        await ExportAsync(test, TransferFormat.Mbox);
        File.Move(_target.File("INBOX.mbox"), _target.File("INBOX.mbox.part"));
        await File.AppendAllTextAsync(_target.File("INBOX.mbox.part"), "From MAILER-DAEMON Mon Jan  1 10:00:00 2024\nStatus: O\nSubj", TestStore.Token);
        await test.AppendAsync("Subject: 2\r\n\r\n");
        Assert.Equal((1, 1), Counts(await ExportAsync(test, TransferFormat.Mbox)));
        var lines = (await File.ReadAllLinesAsync(_target.File("INBOX.mbox"), TestStore.Token)).Where(line => line.StartsWith("Subj", StringComparison.Ordinal));
        Assert.Equal(["Subject: 1", "Subject: 2"], lines);
        Assert.False(File.Exists(_target.File("INBOX.mbox.part")));
    }

    [Fact]
    public async Task An_export_into_the_account_itself_is_refused()
    {
        await using var test = new TestStore();
        await test.DeliverAsync();
        await Assert.ThrowsAsync<IOException>(async () =>
            await new MailExport(test.Store, TestStore.Alice, new()).RunAsync(Path.Combine(test.Maildir, "out"), null, TestStore.Token));
    }

    [Fact]
    public async Task A_linked_Maildir_shares_the_files()
    {
        await using var test = new TestStore();
        await test.AppendAsync("Subject: 1\r\n\r\n", flags: SystemFlags.Seen);
        await new MailExport(test.Store, TestStore.Alice, new() { Format = TransferFormat.Maildir, IsLinked = true }).RunAsync(_target.Path, null, TestStore.Token);
        var (ours, theirs) = (Directory.GetFiles(Path.Combine(test.Maildir, "cur")), Directory.GetFiles(_target.File("cur")));
        Assert.Equal(ours.Select(Path.GetFileName), theirs.Select(Path.GetFileName));
        await File.AppendAllTextAsync(theirs[0], "x", TestStore.Token);
        Assert.EndsWith("x", await File.ReadAllTextAsync(ours[0], TestStore.Token), StringComparison.Ordinal);
    }

    private static (int Added, int AlreadyThere) Counts(TransferReport report)
    {
        Assert.Null(report.Problem);
        Assert.Empty(report.Skipped);
        return (report.Added, report.AlreadyThere);
    }

    private async Task<TransferReport> ExportAsync(TestStore test, TransferFormat format) =>
        await new MailExport(test.Store, TestStore.Alice, new() { Format = format }).RunAsync(_target.Path, null, TestStore.Token);

    private async Task<TestStore> RoundTripAsync(TestStore test, TransferFormat format)
    {
        Counts(await ExportAsync(test, format));
        var back = new TestStore();
        var report = await new MailImport(back.Store, TestStore.Alice, new() { KeepDuplicates = true }).RunAsync(_target.Path, null, TestStore.Token);
        Counts(report);
        Assert.Equal(0, report.OtherFiles);
        return back;
    }

    private static IEnumerable<string> Mails(Random random, int count)
    {
        List<string> all = [];
        foreach (var name in (string[])["mime-torture", "mime-mimekit", "mime-python", "mime-ruby-mail", "mime-mime4j", "mime-flanker", "spam-spamassassin"])
        {
            var corpus = Corpora.Find(name, out var reason);
            Assert.SkipWhen(corpus is null, reason);
            all.AddRange(Directory.EnumerateFiles(corpus!, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal));
        }

        var mails = all.ToArray();
        random.Shuffle(mails);
        return mails.Where(path => new FileInfo(path).Length < 1_000_000).Take(count);
    }

    /// <summary>Every folder's messages, a line each. Files are read back in the order of their dates, so the order is left out.</summary>
    private static async Task<List<string>> DescribeAsync(TestStore test)
    {
        List<string> lines = [];
        foreach (var folder in (await (await test.AccountAsync()).ListAsync(TestStore.Token)).Value.Where(folder => folder.IsSelectable))
        {
            lines.Add($"{folder.Name}");
            await using var view = await test.ViewAsync(folder.Name.Value, FolderAccess.ReadOnly);
            for (var i = 1; i <= view.Count; i++)
            {
                var info = view.InfoAt(i);
                var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.Latin1.GetBytes(await TestStore.ReadAsync(view, i))));
                lines.Add($"{folder.Name} {info.InternalDate:u} {info.Size} {info.Flags.System} {string.Join(',', info.Flags.Keywords.Order(StringComparer.Ordinal))} {hash}");
            }
        }

        lines.Sort(StringComparer.Ordinal);
        return lines;
    }

    private static async Task<List<string>> ReadAllAsync(TestStore test)
    {
        await using var view = await test.ViewAsync("INBOX", FolderAccess.ReadOnly);
        List<string> read = [];
        for (var i = 1; i <= view.Count; i++)
            read.Add(await TestStore.ReadAsync(view, i));
        read.Sort(StringComparer.Ordinal);
        return read;
    }
}
