using System.Text;

namespace MailServer.Storage.Tests;

[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class DeliveryTests
{
    [Fact]
    public async Task A_message_lands_in_new_with_LF_and_its_sizes_in_the_name()
    {
        await using var test = new TestStore();
        var path = await test.DeliverAsync("Subject: x\r\n\r\nbody\r\n");

        Assert.Equal(Path.Combine(test.Maildir, "new"), Path.GetDirectoryName(path));
        Assert.Matches(@"^\d+\.M\d+P\d+R[0-9a-f]{16}Q\d+\.mx\.example\.org,S=17,W=20$", Path.GetFileName(path));
        Assert.Equal("Subject: x\n\nbody\n", await File.ReadAllTextAsync(path, TestStore.Token));
        Assert.Empty(Directory.GetFiles(Path.Combine(test.Data, "spool")));
        Assert.Empty(Directory.GetFiles(Path.Combine(test.Maildir, "tmp")));
    }

    [Fact]
    public async Task Files_are_private_and_so_are_folders()
    {
        await using var test = new TestStore();
        var path = await test.DeliverAsync(folder: "A/B");
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        var all = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        foreach (var folder in Directory.GetDirectories(test.Maildir, "*", SearchOption.AllDirectories))
            Assert.Equal(all, File.GetUnixFileMode(folder));
        Assert.True(File.Exists(Path.Combine(test.Maildir, ".A.B", "maildirfolder")));
    }

    [Fact]
    public async Task A_message_with_flags_lands_in_cur_with_its_letters_in_order()
    {
        await using var test = new TestStore();
        var path = await test.DeliverAsync(flags: new() { System = SystemFlags.Seen | SystemFlags.Flagged, Keywords = ["$Junk", "Work"] });
        Assert.EndsWith(":2,FSab", path, StringComparison.Ordinal);
        Assert.Equal(Path.Combine(test.Maildir, "cur"), Path.GetDirectoryName(path));
        Assert.Equal("0 $Junk\n1 Work\n", await File.ReadAllTextAsync(Path.Combine(test.Maildir, "dovecot-keywords"), TestStore.Token));
    }

    [Fact]
    public async Task Recipients_share_one_file_with_the_fields_on_top()
    {
        await using var test = new TestStore();
        await using var spool = test.Store.CreateSpool();
        await spool.Writer.WriteAsync("Subject: x\r\n\r\nb\r\n"u8.ToArray(), TestStore.Token);
        Assert.Equal(17, spool.Size);
        Assert.Null(await spool.SealAsync("Received: y\r\n"u8.ToArray(), TestStore.Token));

        var bob = new User { Name = "bob", Address = new("bob", "example.org") };
        var first = (await test.Store.DeliverAsync(spool, TestStore.Alice, FolderName.Inbox, default, TestStore.Token)).Value;
        var second = (await test.Store.DeliverAsync(spool, bob, FolderName.Inbox, default, TestStore.Token)).Value;
        Assert.NotEqual(Path.GetFileName(first.Path), Path.GetFileName(second.Path));
        Assert.EndsWith(",S=26,W=30", first.Path, StringComparison.Ordinal);
        await File.AppendAllTextAsync(first.Path, "!", TestStore.Token);
        Assert.Equal("Received: y\nSubject: x\n\nb\n!", await File.ReadAllTextAsync(second.Path, TestStore.Token));

        using var body = new StreamReader(spool.OpenRead());
        Assert.Equal("Subject: x\n\nb\n", await body.ReadToEndAsync(TestStore.Token));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4096)]
    [InlineData(300_000)]
    public async Task A_large_message_comes_back_octet_for_octet(int piece)
    {
        await using var test = new TestStore();
        var text = new StringBuilder("Subject: large\r\n\r\n");
        for (var i = 0; text.Length < (piece == 1 ? 5_000 : 700_000); i++)
            text.Append("line ").Append(i).Append(i % 7 == 0 ? "\r\r\n" : "\r\n");
        var octets = Encoding.Latin1.GetBytes(text.ToString());

        await using var spool = test.Store.CreateSpool();
        foreach (var chunk in octets.Chunk(piece))
            await spool.Writer.WriteAsync(chunk, TestStore.Token);
        Assert.Equal(octets.Length, spool.Size);
        Assert.Null(await spool.SealAsync(default, TestStore.Token));
        await test.Store.DeliverAsync(spool, TestStore.Alice, FolderName.Inbox, default, TestStore.Token);

        await using var view = await test.ViewAsync();
        Assert.Equal(octets.Length, view.InfoAt(1).Size);
        Assert.Equal(text.ToString(), await TestStore.ReadAsync(view, 1));
    }

    [Fact]
    public async Task Each_step_comes_after_the_one_that_it_rests_on()
    {
        await using var test = new TestStore();
        List<string> steps = [];
        test.Store.Context.Steps = steps.Add;
        await test.DeliverAsync();
        Assert.Equal(["spool written", "spool synced", "folder made", "linked", "folder synced"], steps);
    }

    [Theory]
    [InlineData("spool written", 0)]
    [InlineData("spool synced", 0)]
    [InlineData("linked", 1)]
    [InlineData("folder synced", 1)]
    public async Task Dying_at_any_step_leaves_a_whole_message_or_none(string step, int messages)
    {
        await using var test = new TestStore();
        await test.AccountAsync();
        test.Store.Context.Steps = reached =>
        {
            if (reached == step)
                throw new NotSupportedException("killed");
        };
        await Assert.ThrowsAsync<NotSupportedException>(() => test.DeliverAsync());

        await test.RestartAsync();
        await using var view = await test.ViewAsync();
        Assert.Equal(messages, view.Count);
        for (var i = 1; i <= messages; i++)
            Assert.Equal("Subject: x\r\n\r\nbody\r\n", await TestStore.ReadAsync(view, i));
    }

    [Fact]
    public async Task A_failing_disk_is_a_problem_for_now_and_leaves_nothing()
    {
        await using var test = new TestStore();
        await test.AccountAsync();
        test.Store.Context.Steps = step =>
        {
            if (step == "linked")
                throw new IOException("no space", 28);
        };
        await using var spool = test.Store.CreateSpool();
        await spool.Writer.WriteAsync("a\r\n"u8.ToArray(), TestStore.Token);
        Assert.Null(await spool.SealAsync(default, TestStore.Token));
        var outcome = await test.Store.DeliverAsync(spool, TestStore.Alice, FolderName.Inbox, default, TestStore.Token);
        Assert.Equal(Problem.StorageFull, outcome.Problem);
        Assert.Equal(1, test.Store.Status().Failures);
    }

    [Fact]
    public async Task Concurrent_deliveries_share_syncs_and_lose_nothing()
    {
        await using var test = new TestStore();
        await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => Task.Run(() => test.DeliverAsync())));
        Assert.Equal(200, Directory.GetFiles(Path.Combine(test.Maildir, "new")).Length);
        Assert.Equal(200, test.Store.Status().Delivered);
        Assert.True(test.Store.Context.Sync.Syncs < 200, $"{test.Store.Context.Sync.Syncs} syncs for 200 deliveries");
    }

    [Fact]
    public async Task A_file_left_in_tmp_is_swept_after_36_hours_and_not_before()
    {
        await using var test = new TestStore();
        await test.AccountAsync();
        var old = Path.Combine(test.Maildir, "tmp", "1000000000.x.y");
        var young = Path.Combine(test.Maildir, "tmp", $"{DateTimeOffset.UtcNow.ToUnixTimeSeconds()}.x.y");
        foreach (var path in (string[])[old, young])
        {
            await File.WriteAllTextAsync(path, "x", TestStore.Token);
            File.SetLastWriteTimeUtc(path, DateTime.UtcNow.AddHours(-40));
        }

        await using var view = await test.ViewAsync();
        Assert.False(File.Exists(old));
        Assert.True(File.Exists(young));
    }

    [Theory]
    [InlineData("a/b:c,d", "a\\057b\\072c\\054d")]
    [InlineData("", "localhost")]
    [InlineData("mx.example.org", "mx.example.org")]
    public void A_host_name_cannot_break_the_file_name(string host, string escaped) => Assert.Equal(escaped, UniqueNames.EscapeHost(host));

    [Theory]
    [InlineData("alice", "alice")]
    [InlineData("../x", "%2E./x")]
    [InlineData("a/b", "a%2Fb")]
    [InlineData("a%2Fb", "a%252Fb")]
    public void A_user_name_is_one_safe_directory_name(string name, string safe) =>
        Assert.Equal(safe.Replace("/x", "%2Fx", StringComparison.Ordinal), MaildirPattern.Safe(name));
}
