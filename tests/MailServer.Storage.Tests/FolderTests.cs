namespace MailServer.Storage.Tests;

public sealed class FolderTests
{
    public static TheoryData<MaildirLayout> Layouts => [MaildirLayout.MaildirPlusPlus, MaildirLayout.Fs];

    [Theory]
    [InlineData("A", ".A")]
    [InlineData("A/B", ".A.B")]
    [InlineData("Entwürfe", ".Entw&APw-rfe")]
    [InlineData("Lists & News", ".Lists &- News")]
    [InlineData("台北", ".&U,BTFw-")]
    [InlineData("list.example.org", ".list&AC4-example&AC4-org")]
    [InlineData("A/🐎", ".A.&2D3cDg-")]
    public void Names_go_to_disk_and_back(string name, string file)
    {
        using var root = new TestKit.TempDirectory();
        var paths = new FolderPaths(root.Path, MaildirLayout.MaildirPlusPlus);
        var place = paths.PlaceOf(new(name))!;
        Assert.Equal(root.File(file), place.Path);
        Directory.CreateDirectory(place.Path);
        Assert.Equal(["INBOX", name], paths.All().Select(found => found.Name.Value));
    }

    [Theory]
    [InlineData(".Entwürfe", "Entwürfe")]
    [InlineData(".Lists & News", "Lists & News")]
    public void Names_that_Courier_wrote_in_UTF8_are_found(string file, string name)
    {
        using var root = new TestKit.TempDirectory();
        Directory.CreateDirectory(root.File(file));
        var paths = new FolderPaths(root.Path, MaildirLayout.MaildirPlusPlus);
        Assert.Equal(name, paths.All()[1].Name.Value);
        Assert.Equal(root.File(file), paths.PlaceOf(new(name))!.Path);
    }

    [Theory]
    [InlineData("../x")]
    [InlineData("a/../b")]
    [InlineData("")]
    [InlineData("/a")]
    [InlineData("inbox")]
    [InlineData("a//b")]
    public void Names_that_could_lead_astray_have_no_place(string name) =>
        Assert.Null(new FolderPaths("/nowhere", MaildirLayout.MaildirPlusPlus).PlaceOf(new(name)));

    [Theory]
    [InlineData("cur")]
    [InlineData("A/new")]
    [InlineData("subscriptions")]
    [InlineData("dovecot-uidlist")]
    public void In_the_fs_layout_a_folder_cannot_be_called_as_its_parts(string name) =>
        Assert.Null(new FolderPaths("/nowhere", MaildirLayout.Fs).PlaceOf(new(name)));

    /// <summary>RFC 5464 §4.1.</summary>
    [Theory]
    [MemberData(nameof(Layouts))]
    public async Task Annotations_go_where_their_folder_goes(MaildirLayout layout)
    {
        await using var test = new TestStore(layout);
        var account = await test.AccountAsync();
        await account.CreateAsync(new("A"), null, default);
        await account.CreateAsync(new("A/B"), null, default);
        MetadataEntry[] entries = [new("/private/a", "x\\\t\r\ny\0\u00fc"u8.ToArray()), new("/shared/b", ReadOnlyMemory<byte>.Empty), new("/private/c", null)];
        foreach (var folder in new FolderName?[] { new("A"), FolderName.Inbox, null })
            Assert.Null(await account.SetMetadataAsync(folder, entries, default));

        await account.RenameAsync(new("A"), new("C"), default);
        await account.CreateAsync(new("A"), null, default);
        await account.RenameAsync(FolderName.Inbox, new("Old"), default);
        foreach (var folder in new FolderName?[] { new("C"), new("Old"), FolderName.Inbox, null })
            Assert.Equal([("/private/a", "x\\\t\r\ny\0\u00fc"), ("/shared/b", "")], await ReadAsync(folder));
        foreach (var folder in new FolderName[] { new("A"), new("C/B") })
            Assert.Empty(await ReadAsync(folder));

        await account.SetMetadataAsync(new("C"), [new("/shared/b", null)], default);
        Assert.Equal(["/private/a"], (await ReadAsync(new("C"))).Select(entry => entry.Item1));
        await account.DeleteAsync(new("Old"), default);
        await account.CreateAsync(new("Old"), null, default);
        Assert.Empty(await ReadAsync(new("Old")));
        Assert.Equal(ProblemReason.NotFound, (await account.SetMetadataAsync(new("Nowhere"), entries, default))?.Reason);

        async Task<List<(string, string)>> ReadAsync(FolderName? folder) =>
            [.. (await account.MetadataAsync(folder, default)).Value.Select(entry => (entry.Name, System.Text.Encoding.UTF8.GetString(entry.Value!.Value.Span)))];
    }

    [Fact]
    public async Task More_annotations_than_may_be_change_nothing_and_a_broken_file_is_kept_beside()
    {
        await using var test = new TestStore();
        var account = await test.AccountAsync();
        var many = Enumerable.Range(1, MetadataEntry.MaxEntries).Select(i => new MetadataEntry($"/private/{i}", new byte[] { 65 })).ToList();
        Assert.Null(await account.SetMetadataAsync(FolderName.Inbox, many, default));
        var problem = await account.SetMetadataAsync(FolderName.Inbox, [new("/private/1", null), new("/private/x", new byte[1]), new("/private/y", new byte[1])], default);
        Assert.Equal(ProblemReason.LimitReached, problem?.Reason);
        Assert.Equal(MetadataEntry.MaxEntries, (await account.MetadataAsync(FolderName.Inbox, default)).Value.Count);

        var path = Directory.GetFiles(test.Data, "mailserver-metadata", SearchOption.AllDirectories).Single();
        await File.WriteAllTextAsync(path, "/private/a\tgood\nno entry\n/private/b\t\\xZZ\n", TestContext.Current.CancellationToken);
        Assert.Equal(["/private/a"], (await account.MetadataAsync(FolderName.Inbox, default)).Value.Select(entry => entry.Name));
        Assert.True(File.Exists(path + ".broken"));
    }

    [Theory]
    [MemberData(nameof(Layouts))]
    public async Task Folders_are_made_listed_renamed_and_deleted(MaildirLayout layout)
    {
        await using var test = new TestStore(layout);
        var account = await test.AccountAsync();
        Assert.Null(await account.CreateAsync(new("A/B"), null, TestStore.Token));
        Assert.Null(await account.CreateAsync(new("Post"), "\\Sent", TestStore.Token));
        Assert.Equal(ProblemReason.AlreadyExists, (await account.CreateAsync(new("A/B"), null, TestStore.Token))!.Reason);
        Assert.Equal(ProblemReason.AlreadyExists, (await account.CreateAsync(FolderName.Inbox, null, TestStore.Token))!.Reason);
        await test.DeliverAsync(folder: "A/B");
        Assert.Equal(
            ["INBOX True False ", "A False True ", "A/B True False ", "Post True False \\Sent"],
            (await account.ListAsync(TestStore.Token)).Value.Select(folder => $"{folder.Name} {folder.IsSelectable} {folder.HasChildren} {folder.SpecialUse}"));

        Assert.Equal(ProblemReason.NotFound, (await account.OpenFolderAsync(new("A"), FolderAccess.ReadOnly, null, TestStore.Token)).Problem!.Reason);
        Assert.Equal(ProblemReason.Impossible, (await account.RenameAsync(new("A"), new("A/C"), TestStore.Token))!.Reason);
        Assert.Null(await account.RenameAsync(new("A"), new("X/Y"), TestStore.Token));
        var status = (await account.StatusAsync(new("X/Y/B"), TestStore.Token)).Value;
        Assert.Equal((1, 1, 1, 2u, 20L), (status.Messages, status.Recent, status.Unseen, status.UidNext, status.Size));

        Assert.Equal(ProblemReason.Impossible, (await account.DeleteAsync(FolderName.Inbox, TestStore.Token))!.Reason);
        Assert.Equal(ProblemReason.NotFound, (await account.DeleteAsync(new("A/B"), TestStore.Token))!.Reason);
        Assert.Null(await account.CreateAsync(new("X/Y"), null, TestStore.Token));
        Assert.Null(await account.DeleteAsync(new("X/Y"), TestStore.Token));
        Assert.Equal(1, (await account.StatusAsync(new("X/Y/B"), TestStore.Token)).Value.Messages);
        Assert.Null(await account.DeleteAsync(new("X/Y/B"), TestStore.Token));
        Assert.Equal(["INBOX", "Post"], (await account.ListAsync(TestStore.Token)).Value.Where(folder => folder.IsSelectable).Select(folder => folder.Name.Value));
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(test.Maildir, "tmp")));
    }

    [Theory]
    [MemberData(nameof(Layouts))]
    public async Task A_folder_made_again_has_a_greater_uidvalidity(MaildirLayout layout)
    {
        await using var test = new TestStore(layout);
        var account = await test.AccountAsync();
        var last = 0u;
        for (var round = 0; round < 4; round++)
        {
            Assert.Null(await account.CreateAsync(new("A"), null, TestStore.Token));
            var validity = (await account.StatusAsync(new("A"), TestStore.Token)).Value.UidValidity;
            Assert.True(validity > last, $"{validity} after {last}");
            last = validity;

            // As another program might have numbered it.
            if (round == 1)
            {
                last += 1_000_000;
                await File.WriteAllTextAsync(
                    Path.Combine(test.Maildir, layout == MaildirLayout.Fs ? "A" : ".A", UidList.FileName), $"3 V{last} N1\n", TestStore.Token);
            }

            Assert.Null(await account.DeleteAsync(new("A"), TestStore.Token));
        }
    }

    [Theory]
    [InlineData(MaildirLayout.MaildirPlusPlus, ".a..b", "no client can say its name (store verify tells more)")]
    [InlineData(MaildirLayout.MaildirPlusPlus, ".inbox", "another folder has that name")]
    [InlineData(MaildirLayout.MaildirPlusPlus, ".\uFFFD", "no client can say its name (store verify tells more)")]
    [InlineData(MaildirLayout.Fs, "a\tb", "no client can say its name (store verify tells more)")]
    public void A_directory_that_is_left_out_is_named_with_the_reason(MaildirLayout layout, string name, string reason)
    {
        using var directory = new TestKit.TempDirectory();
        Directory.CreateDirectory(Path.Combine(directory.Path, name, "cur"));
        List<(string, string)> told = [];
        var places = new FolderPaths(directory.Path, layout).All((path, why) => told.Add((path, why)));
        Assert.Equal([FolderName.Inbox], places.Select(place => place.Name));
        Assert.Equal([(Path.Combine(directory.Path, name), reason)], told);
    }

    [Fact]
    public async Task Renaming_INBOX_moves_its_messages_and_leaves_it_empty()
    {
        await using var test = new TestStore();
        await test.DeliverAsync();
        var account = await test.AccountAsync();
        Assert.Null(await account.RenameAsync(FolderName.Inbox, new("Old"), TestStore.Token));
        Assert.Equal(0, (await account.StatusAsync(FolderName.Inbox, TestStore.Token)).Value.Messages);
        Assert.Equal(1, (await account.StatusAsync(new("Old"), TestStore.Token)).Value.Messages);
    }

    [Fact]
    public async Task Subscriptions_are_kept_as_Dovecot_keeps_them()
    {
        await using var test = new TestStore();
        var account = await test.AccountAsync();
        await account.SetSubscribedAsync(FolderName.Inbox, true, TestStore.Token);
        await account.SetSubscribedAsync(new("A/Entwürfe"), true, TestStore.Token);
        await account.SetSubscribedAsync(new("gone"), true, TestStore.Token);
        await account.SetSubscribedAsync(FolderName.Inbox, false, TestStore.Token);
        Assert.Equal("V\t2\n\nA\tEntw&APw-rfe\ngone\n", await File.ReadAllTextAsync(Path.Combine(test.Maildir, "subscriptions"), TestStore.Token));
        Assert.Equal(["A/Entwürfe", "gone"], (await account.ListSubscribedAsync(TestStore.Token)).Value.Select(name => name.Value));

        await File.WriteAllTextAsync(Path.Combine(test.Maildir, "subscriptions"), "INBOX\nA.B\n", TestStore.Token);
        Assert.Equal(["INBOX", "A/B"], (await account.ListSubscribedAsync(TestStore.Token)).Value.Select(name => name.Value));
    }
}
