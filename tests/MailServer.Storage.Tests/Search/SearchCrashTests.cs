namespace MailServer.Storage.Tests;

/// <summary>The server dies while it writes the index: what was written is of use, and what was not is read.</summary>
public sealed class SearchCrashTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public async Task An_index_cut_off_between_two_batches_is_gone_on_with(int batches)
    {
        await using var test = new SearchStore();
        var line = new string('x', 80) + "\n";
        for (var i = 1; i <= 240; i++)
            test.Put($"{i}.a.b", Mails.Bytes($"Subject: word{i}\n\n{string.Concat(Enumerable.Repeat(line, 400))}{(i % 3 == 0 ? "needle" : "")}\n"));
        var store = test.Open();
        var written = 0;
        store.Context.Steps = step =>
        {
            if (step == "indexed" && Interlocked.Increment(ref written) == batches)
                CopyAsItIs(test);
        };
        await using (var view = await SearchStore.ViewAsync(store))
            await SearchStore.IndexAsync(store, view);
        await store.DisposeAsync();
        Assert.InRange(written, batches + 1, int.MaxValue);

        // What a process that is killed leaves is what was there at that moment: the file and its log.
        foreach (var file in Directory.GetFiles(test.Maildir, SearchDatabase.FileName + "*"))
            File.Delete(file);
        foreach (var file in Directory.GetFiles(test.Maildir, "saved-*"))
            File.Move(file, file.Replace("saved-", "", StringComparison.Ordinal));

        var again = test.Open();
        await using var view2 = await SearchStore.ViewAsync(again);
        var known = (await again.Context.Search.UseAsync(test.Maildir, database => database.MarksOf(1), SearchStore.Token))!.Between(1, 1000).Count();
        Assert.InRange(known, 1, 239);
        Assert.Equal(80, (await SearchStore.SearchAsync(view2, new SearchKey.Body("needle"))).Length);
        await SearchStore.IdleAsync(again);
        Assert.Equal(80, (await SearchStore.SearchAsync(view2, new SearchKey.Body("needle"))).Length);
        Assert.Equal(240, (await again.Context.Search.UseAsync(test.Maildir, database => database.MarksOf(1), SearchStore.Token))!.Between(1, 1000).Count());
        Assert.DoesNotContain(test.Logs.Lines, logged => logged.Contains("index", StringComparison.Ordinal));
    }

    private static void CopyAsItIs(SearchStore test)
    {
        foreach (var file in Directory.GetFiles(test.Maildir, SearchDatabase.FileName + "*"))
            File.Copy(file, Path.Combine(test.Maildir, "saved-" + Path.GetFileName(file)));
    }
}
