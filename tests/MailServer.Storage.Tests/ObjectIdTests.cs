namespace MailServer.Storage.Tests;

/// <summary>MAILBOXID, EMAILID and SAVEDATE (RFC 8474, RFC 8514) outlive the index.</summary>
public sealed class ObjectIdTests
{
    [Theory]
    [InlineData("G0123456789abcdef", 7u, "F0123456789abcdef")]
    [InlineData("X1 Gab-c_D", 7u, "Fab-c_D")]
    [InlineData("", 7u, "FV00000007")]
    [InlineData("G", 7u, "FV00000007")]
    [InlineData("Ga.b", 7u, "FV00000007")]
    public void MAILBOXID_is_the_lists_GUID(string header, uint validity, string id) => Assert.Equal(id, ObjectIds.OfMailbox(header, validity));

    [Theory]
    [InlineData("1.a.x", "")]
    [InlineData("1.a.x,S=4,W=6", "P0001 W6")]
    [InlineData("1.a.x", "G0123456789abcdef0123456789abcdef")]
    [InlineData("1.a.x", "W3 G1795505335.M135838P10705.mx")]
    [InlineData("a name with blanks : and more", "")]
    public void A_copy_has_the_EMAILID_of_its_message(string baseName, string extras)
    {
        var id = ObjectIds.OfEmail(baseName, extras);
        Assert.Matches("^M[0-9a-f]{32}$", id);
        var key = ObjectIds.KeyForCopy(baseName, extras);
        Assert.DoesNotContain(' ', key);
        Assert.Equal(id, ObjectIds.OfEmail("2.another.y", key));
        Assert.Equal(id, ObjectIds.OfEmail("3.a-copy-of-the-copy", ObjectIds.KeyForCopy("2.another.y", key)));
        Assert.NotEqual(id, ObjectIds.OfEmail("2.another.y", ""));
    }

    [Fact]
    public async Task Ids_and_dates_stay_through_copy_move_rename_and_the_loss_of_the_index()
    {
        await using var test = new TestStore();
        await using var account = await test.AccountAsync();
        Assert.Null(await account.CreateAsync(new("A"), null, TestStore.Token));
        Assert.Null(await account.CreateAsync(new("B"), null, TestStore.Token));
        await test.AppendAsync("Subject: 1\r\n\r\n");
        await test.AppendAsync("Subject: 2\r\n\r\n");
        string?[] emails;
        string? inbox, a;
        await using (var view = await test.ViewAsync())
        {
            (emails, inbox) = ([view.EmailIdAt(1), view.EmailIdAt(2)], view.MailboxId);
            Assert.NotEqual(emails[0], emails[1]);
            Assert.Equal(TimeSpan.Zero, view.SaveDateAt(1)!.Value.Offset);
            Assert.InRange(view.SaveDateAt(1)!.Value, DateTimeOffset.UtcNow.AddMinutes(-10), DateTimeOffset.UtcNow.AddSeconds(1));
            Assert.Null((await view.CopyAsync([1], new("A"), TestStore.Token)).Problem);
            Assert.Null((await view.MoveAsync([2], new("A"), TestStore.Token)).Problem);
        }

        await using (var view = await test.ViewAsync("A"))
        {
            a = view.MailboxId;
            Assert.Null((await view.MoveAsync([1, 2], new("B"), TestStore.Token)).Problem);
        }

        Assert.Null(await account.RenameAsync(new("A"), new("C"), TestStore.Token));
        await test.StopAndStartAsync();
        foreach (var index in Directory.GetFiles(test.Maildir, FolderIndex.FileName, SearchOption.AllDirectories))
            File.Delete(index);
        await using var moved = await test.ViewAsync("B");
        Assert.Equal(string.Join(" ", emails), $"{moved.EmailIdAt(1)} {moved.EmailIdAt(2)}");
        await using var renamed = await test.ViewAsync("C");
        await using var again = await test.ViewAsync();
        Assert.Equal((inbox, a), (again.MailboxId, renamed.MailboxId));
        Assert.Equal(3, new HashSet<string?> { inbox, a, moved.MailboxId }.Count);
        Assert.Equal(inbox, (await (await test.AccountAsync()).StatusAsync(FolderName.Inbox, withSize: false, TestStore.Token)).Value.MailboxId);
    }

    [Fact]
    public async Task STATUS_counts_what_is_deleted()
    {
        await using var test = new TestStore();
        for (var i = 0; i < 3; i++)
            await test.AppendAsync("x\r\n", flags: i == 1 ? SystemFlags.None : SystemFlags.Deleted | SystemFlags.Seen);
        await using var account = await test.AccountAsync();
        Assert.Equal(2, (await account.StatusAsync(FolderName.Inbox, TestStore.Token)).Value.Deleted);
    }
}
