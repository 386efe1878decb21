using Microsoft.Data.Sqlite;

namespace MailServer.Storage.Tests;

/// <summary>The search index makes searches quicker and changes no answer, whatever becomes of its file.</summary>
public sealed class SearchIndexTests
{
    private static readonly SearchKey Needle = new SearchKey.Body("NEEDLE");

    [Fact]
    public async Task Only_messages_that_the_index_does_not_rule_out_are_opened()
    {
        await using var test = new SearchStore();
        test.PutMany(300);
        var store = test.Open();
        await using var view = await SearchStore.ViewAsync(store);
        await SearchStore.IndexAsync(store, view);

        // The files go behind the view's back: what is still answered has not been read.
        foreach (var file in Directory.GetFiles(Path.Combine(test.Maildir, "cur")))
            if (Path.GetFileName(file) is not ("207.a.b:2,S" or "208.a.b:2,S"))
                File.WriteAllText(file, "Subject: other\n\nneedle, word207, alice\n");
        int[] found = [.. (await SearchStore.SearchAsync(view, new SearchKey.Header("Subject", "word207"))).Select(sequence => (int)view.UidAt(sequence))];
        Assert.Single(found);
        Assert.Equal(299, (await SearchStore.SearchAsync(view, new SearchKey.Not(new SearchKey.Header("subject", "WORD207")))).Length);
        Assert.Single(await SearchStore.SearchAsync(view, new SearchKey.And([Needle, new SearchKey.Text("Word207")])));
        Assert.Equal(300 - 100, (await SearchStore.SearchAsync(view, new SearchKey.Not(Needle))).Length);
        Assert.Equal(2, (await SearchStore.SearchAsync(view, new SearchKey.Header("To", "alice"))).Length);
        Assert.Empty(await SearchStore.SearchAsync(view, new SearchKey.Header("Cc", "")));
    }

    [Fact]
    public async Task New_messages_are_found_before_they_are_in_the_index_and_after()
    {
        await using var test = new SearchStore();
        test.PutMany(30);
        var store = test.Open(few: 10);
        await using var view = await SearchStore.ViewAsync(store);
        await SearchStore.IndexAsync(store, view);
        test.PutMany(6, first: 31);
        await TestStore.UntilAsync(view, () => view.Count == 36);
        Assert.Equal(12, (await SearchStore.SearchAsync(view, Needle)).Length);
        Assert.True(store.Context.Search.IsIdle, "six messages are read rather than written");

        test.PutMany(54, first: 37);
        await TestStore.UntilAsync(view, () => view.Count == 90);
        Assert.Equal(30, (await SearchStore.SearchAsync(view, Needle)).Length);
        await SearchStore.IdleAsync(store);
        Assert.Equal(30, (await SearchStore.SearchAsync(view, Needle)).Length);
        Assert.Equal(90, await MarksAsync(store, test));
    }

    [Fact]
    public async Task Expunged_messages_leave_the_index()
    {
        await using var test = new SearchStore();
        test.PutMany(90);
        var store = test.Open();
        await using var view = await SearchStore.ViewAsync(store);
        await SearchStore.IndexAsync(store, view);
        foreach (var file in Directory.GetFiles(Path.Combine(test.Maildir, "cur")).Order(StringComparer.Ordinal).Take(40))
            File.Delete(file);
        test.PutMany(3, first: 91);
        await TestStore.UntilAsync(view, () => view.Count == 53);
        await SearchStore.IndexAsync(store, view);
        Assert.Equal(53, await MarksAsync(store, test));
        Assert.Equal(53, (await SearchStore.SearchAsync(view, new SearchKey.Text("alice"))).Length);
        await store.DisposeAsync();
        Assert.Equal(106L, Scalar(test.IndexFile, "SELECT count(*) FROM texts"));
    }

    [Fact]
    public async Task A_renamed_folder_is_not_read_again()
    {
        await using var test = new SearchStore();
        test.PutMany(3);
        test.PutMany(60, folder: ".Old");
        var store = test.Open();
        await using (var view = await SearchStore.ViewAsync(store, "Old"))
            await SearchStore.IndexAsync(store, view);
        Assert.Null(await (await store.OpenAsync(TestStore.Alice, SearchStore.Token)).Value.RenameAsync(new("Old"), new("New"), SearchStore.Token));
        await using var renamed = await SearchStore.ViewAsync(store, "New");
        foreach (var file in Directory.GetFiles(Path.Combine(test.Maildir, ".New", "cur")))
            File.WriteAllText(file, "Subject: other\n\nneedle\n");
        Assert.Equal(20, (await SearchStore.SearchAsync(renamed, Needle)).Length);
        Assert.True(store.Context.Search.IsIdle);
    }

    [Fact]
    public async Task A_message_under_the_UID_of_another_is_read()
    {
        await using var test = new SearchStore();
        test.PutMany(20);
        var store = test.Open();
        await using (var view = await SearchStore.ViewAsync(store))
            await SearchStore.IndexAsync(store, view);
        await store.DisposeAsync();

        // Somebody brings an old UID list back, as a backup does: UIDs now stand for other messages.
        var list = Path.Combine(test.Maildir, UidList.FileName);
        var lines = await File.ReadAllLinesAsync(list, SearchStore.Token);
        string[] names = [.. lines.Skip(1).Select(line => line[line.IndexOf(':', StringComparison.Ordinal)..])];
        await File.WriteAllLinesAsync(list, [lines[0], .. names.Reverse().Select((name, i) => $"{i + 1} {name}")], SearchStore.Token);
        var again = test.Open();
        await using var view2 = await SearchStore.ViewAsync(again);
        Assert.Equal(6, (await SearchStore.SearchAsync(view2, Needle)).Length);
        await SearchStore.IdleAsync(again);
        Assert.Equal(6, (await SearchStore.SearchAsync(view2, Needle)).Length);
    }

    [Fact]
    public async Task A_message_with_more_text_than_the_index_takes_is_always_read()
    {
        await using var test = new SearchStore();
        test.PutMany(5);
        test.Put("9.a.b", Mails.Bytes($"Subject: big\n\n{string.Concat(Enumerable.Repeat("Some words in a line.\n", IndexText.MaxLength / 20))}\nneedle at the end\n"));
        var store = test.Open();
        await using var view = await SearchStore.ViewAsync(store);
        await SearchStore.IndexAsync(store, view);
        Assert.Equal(2, (await SearchStore.SearchAsync(view, Needle)).Length);
        Assert.True(store.Context.Search.IsIdle, "it is not tried again");
    }

    public static TheoryData<string> Damages => ["empty", "garbage", "half", "older", "foreign", "no tables", "overwritten"];

    [Theory]
    [MemberData(nameof(Damages))]
    public async Task A_file_that_is_of_no_use_gives_way_to_a_new_one(string damage)
    {
        await using var test = new SearchStore();
        test.PutMany(60);
        var store = test.Open();
        await using (var view = await SearchStore.ViewAsync(store))
            await SearchStore.IndexAsync(store, view);
        await store.DisposeAsync();
        Damage(test.IndexFile, damage);

        var again = test.Open();
        await using var view2 = await SearchStore.ViewAsync(again);
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(20, (await SearchStore.SearchAsync(view2, Needle)).Length);
            Assert.Equal(40, (await SearchStore.SearchAsync(view2, new SearchKey.Not(Needle))).Length);
            await SearchStore.IdleAsync(again);
        }

        Assert.Equal(60, await MarksAsync(again, test));
        Assert.Equal(damage != "empty", test.Logs.Lines.Any(line => line.Contains("to be built again", StringComparison.Ordinal)));
        Assert.Equal(damage is "foreign" or "garbage", File.Exists(test.IndexFile + ".broken"));
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(test.IndexFile));
    }

    [Fact]
    public async Task A_file_that_is_deleted_is_made_again_though_its_log_is_left()
    {
        await using var test = new SearchStore();
        test.PutMany(60);
        var store = test.Open();
        await using (var view = await SearchStore.ViewAsync(store))
        {
            await SearchStore.IndexAsync(store, view);
            File.Copy(test.IndexFile + "-wal", test.IndexFile + "-kept");
        }

        await store.DisposeAsync();
        File.Delete(test.IndexFile);
        File.Move(test.IndexFile + "-kept", test.IndexFile + "-wal");
        var again = test.Open();
        await using var view2 = await SearchStore.ViewAsync(again);
        Assert.Equal(20, (await SearchStore.SearchAsync(view2, Needle)).Length);
        await SearchStore.IdleAsync(again);
        Assert.Equal(20, (await SearchStore.SearchAsync(view2, Needle)).Length);
        Assert.Equal(60, await MarksAsync(again, test));
    }

    [Fact]
    public async Task A_folder_that_nobody_searches_leaves_the_index()
    {
        await using var test = new SearchStore();
        test.PutMany(30);
        test.PutMany(30, folder: ".Old");
        var store = test.Open();
        await using (var view = await SearchStore.ViewAsync(store, "Old"))
            await SearchStore.IndexAsync(store, view);
        await store.DisposeAsync();
        Scalar(test.IndexFile, "UPDATE folders SET used = used - 61");

        var again = test.Open();
        await using var inbox = await SearchStore.ViewAsync(again);
        await SearchStore.IndexAsync(again, inbox);
        Assert.Equal(30, await MarksAsync(again, test));
        await again.DisposeAsync();
        Assert.Equal(60L, Scalar(test.IndexFile, "SELECT count(*) FROM texts"));
    }

    [Fact]
    public async Task A_file_that_cannot_be_used_costs_time_only()
    {
        await using var test = new SearchStore();
        test.PutMany(60);
        Directory.CreateDirectory(test.IndexFile);
        var store = test.Open();
        await using var view = await SearchStore.ViewAsync(store);
        for (var i = 0; i < 3; i++)
            Assert.Equal(20, (await SearchStore.SearchAsync(view, Needle)).Length);
        Assert.Single(test.Logs.Lines, line => line.Contains("without the index", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Two_stores_of_one_account_do_not_wait_for_each_other()
    {
        await using var test = new SearchStore();
        test.PutMany(60);
        var (one, two) = (test.Open(), test.Open());
        await using var first = await SearchStore.ViewAsync(one);
        await SearchStore.IndexAsync(one, first);
        await using var second = await SearchStore.ViewAsync(two);
        Assert.Equal(20, (await SearchStore.SearchAsync(second, Needle)).Length);
        Assert.Equal(20, (await SearchStore.SearchAsync(first, Needle)).Length);
    }

    [Fact]
    public async Task Sessions_search_while_the_index_grows()
    {
        await using var test = new SearchStore();
        test.PutMany(600);
        var store = test.Open();
        await Parallel.ForEachAsync(Enumerable.Range(0, 6), SearchStore.Token, async (_, token) =>
        {
            await using var view = await SearchStore.ViewAsync(store);
            for (var i = 0; i < 10; i++)
                Assert.Equal(200, (await view.SearchAsync(Needle, token)).Value.Count);
        });
        await SearchStore.IdleAsync(store);
        Assert.Equal(600, await MarksAsync(store, test));
    }

    [Fact]
    public async Task An_account_that_is_removed_while_it_is_indexed_does_not_come_back()
    {
        await using var test = new SearchStore();
        test.PutMany(400);
        var store = test.Open();
        var view = await SearchStore.ViewAsync(store);
        await SearchStore.SearchAsync(view, Needle);
        Directory.Move(test.Maildir, test.Maildir + ".gone");
        await SearchStore.IdleAsync(store);
        await store.DisposeAsync();
        Assert.False(Directory.Exists(test.Maildir));
    }

    [Fact]
    public async Task A_search_can_be_given_up()
    {
        await using var test = new SearchStore();
        test.PutMany(200);
        await using var view = await SearchStore.ViewAsync(test.Open());
        using var cancel = new CancellationTokenSource();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await view.SearchAsync(Needle, cancel.Token));
    }

    private static async Task<int> MarksAsync(MaildirStore store, SearchStore test) =>
        (await store.Context.Search.UseAsync(test.Maildir, database => Enumerable.Range(1, 3).Sum(folder => database.MarksOf(folder).Between(1, 1000).Count()).ToString(System.Globalization.CultureInfo.InvariantCulture), SearchStore.Token)) is { } count
            ? int.Parse(count, System.Globalization.CultureInfo.InvariantCulture)
            : -1;

    private static void Damage(string file, string damage)
    {
        var bytes = File.ReadAllBytes(file);
        switch (damage)
        {
            case "empty":
                File.WriteAllBytes(file, []);
                break;
            case "garbage":
                File.WriteAllBytes(file, [.. Enumerable.Repeat((byte)'x', 5000)]);
                break;
            case "half":
                File.WriteAllBytes(file, bytes[..(bytes.Length / 2)]);
                break;
            case "overwritten":
                bytes.AsSpan(4096).Fill(0x55);
                File.WriteAllBytes(file, bytes);
                break;
            case "older":
                Scalar(file, "PRAGMA user_version=0");
                break;
            case "foreign":
                File.Delete(file);
                using (File.Create(file))
                    Scalar(file, "CREATE TABLE letters(a)");
                break;
            case "no tables":
                Scalar(file, "DROP TABLE texts");
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(damage));
        }
    }

    private static object? Scalar(string file, string sql)
    {
        using var connection = new SqliteConnection($"Data Source={file};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
#pragma warning disable CA2100 // the test's own
        command.CommandText = sql;
#pragma warning restore CA2100
        return command.ExecuteScalar();
    }
}
