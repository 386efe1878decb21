namespace MailServer.Accounts.Tests.PasswordFile;

public sealed class PasswordFileEditTests
{
    private const string Text = "# ours\n\nalice@example.org:{PLAIN}one:1000:1000:Alice:/home/alice:/bin/sh:nologin=\nbroken\nbob:{PLAIN}one\n";

    private static readonly EmailAddress Alice = new("alice", "example.org");
    private static readonly EmailAddress Carol = new("carol", "example.org");

    [Fact]
    public async Task Adds_a_line_and_leaves_the_others()
    {
        await using var plugin = await PasswordFileFixture.StartAsync(Text);
        Assert.Null(await plugin.Editor.AddAsync(Carol, "{PLAIN}new", default));
        Assert.Equal(Text + "carol@example.org:{PLAIN}new::::::\n", await File.ReadAllTextAsync(plugin.Path));
        Assert.Equal(AuthOutcome.Accepted, await plugin.LoginAsync("carol", "new"));
    }

    [Theory]
    [InlineData("bob:{PLAIN}one", "bob:{PLAIN}one\ncarol@example.org:{PLAIN}new::::::\n")]
    [InlineData("bob:{PLAIN}one\r\n", "bob:{PLAIN}one\r\ncarol@example.org:{PLAIN}new::::::\r\n")]
    [InlineData("", "carol@example.org:{PLAIN}new::::::\n")]
    public async Task A_new_line_begins_on_a_line_of_its_own(string before, string after)
    {
        await using var plugin = await PasswordFileFixture.StartAsync(before);
        Assert.Null(await plugin.Editor.AddAsync(Carol, "{PLAIN}new", default));
        Assert.Equal(after, await File.ReadAllTextAsync(plugin.Path));
    }

    [Fact]
    public async Task Sets_a_password_and_nothing_else()
    {
        await using var plugin = await PasswordFileFixture.StartAsync(Text);
        Assert.Null(await plugin.Editor.SetPasswordAsync(Alice, "{PLAIN}two", default));
        Assert.Null(await plugin.Editor.SetPasswordAsync(new("bob", "example.net"), "{PLAIN}two", default));
        Assert.Equal(Text.Replace("one", "two", StringComparison.Ordinal), await File.ReadAllTextAsync(plugin.Path));
    }

    [Theory]
    [InlineData("alice:{PLAIN}x", "alice:{PLAIN}x::::::userdb_quota_rule=*:storage=1G", 1L << 30, null)]
    [InlineData("alice:{PLAIN}x\r\n", "alice:{PLAIN}x::::::userdb_quota_rule=*:messages=7\r\n", null, 7L)]
    [InlineData("alice:{PLAIN}x:1:2:Älice:/home/a:/bin/sh\n", "alice:{PLAIN}x:1:2:Älice:/home/a:/bin/sh:userdb_quota_rule=*:storage=1025B:messages=7\n", 1025L, 7L)]
    [InlineData("alice:{PLAIN}x::::::nologin\n", "alice:{PLAIN}x::::::nologin userdb_quota_rule=*:storage=0:messages=0\n", null, null)]
    [InlineData("alice:{PLAIN}x::::::a=b userdb_quota_rule=*:storage=5M allow_nets=2001:db8::/32\n", "alice:{PLAIN}x::::::a=b allow_nets=2001:db8::/32 userdb_quota_rule=*:storage=3M\n", 3L << 20, null)]
    public async Task Sets_a_quota_and_nothing_else(string before, string after, long? storage, long? messages)
    {
        var quota = new Quota { Storage = storage, Messages = messages };
        await using var plugin = await PasswordFileFixture.StartAsync("# ours\n" + before);
        Assert.Null(await plugin.Editor.SetQuotaAsync(Alice, quota, default));
        Assert.Equal("# ours\n" + after, await File.ReadAllTextAsync(plugin.Path));
        Assert.Equal(quota, Assert.Single(await plugin.Directory.ListAsync(default)).Quota);
        Assert.Equal(ProblemReason.NotFound, (await plugin.Editor.SetQuotaAsync(Carol, quota, default))?.Reason);
    }

    [Theory]
    [InlineData("alice:{PLAIN}x\n", "alice:{PLAIN}x\n")]
    [InlineData("alice:{PLAIN}x::::::a=b  c\n", "alice:{PLAIN}x::::::a=b  c\n")]
    [InlineData("alice:{PLAIN}x::::::userdb_quota_rule=*:storage=1G\n", "alice:{PLAIN}x::::::\n")]
    [InlineData("alice:{PLAIN}x::::::userdb_quota_rule=*:storage=1G nologin\n", "alice:{PLAIN}x::::::nologin\n")]
    public async Task Takes_a_quota_away_and_nothing_else(string before, string after)
    {
        await using var plugin = await PasswordFileFixture.StartAsync(before);
        Assert.Null(await plugin.Editor.SetQuotaAsync(Alice, null, default));
        Assert.Equal(after, await File.ReadAllTextAsync(plugin.Path));
        Assert.Null(Assert.Single(await plugin.Directory.ListAsync(default)).Quota);
    }

    [Fact]
    public async Task Removes_all_lines_of_an_account_at_once()
    {
        await using var plugin = await PasswordFileFixture.StartAsync("alice@example.org:{PLAIN}one\n" + Text);
        Assert.Null(await plugin.Editor.RemoveAsync(Alice, default));
        Assert.Equal("# ours\n\nbroken\nbob:{PLAIN}one\n", await File.ReadAllTextAsync(plugin.Path));
        Assert.Null(await plugin.FindAsync("alice@example.org"));
    }

    [Fact]
    public async Task Says_what_is_there_and_what_is_not()
    {
        await using var plugin = await PasswordFileFixture.StartAsync(Text);
        Assert.Equal(ProblemReason.AlreadyExists, (await plugin.Editor.AddAsync(Alice, "{PLAIN}x", default))?.Reason);
        Assert.Equal(ProblemReason.AlreadyExists, (await plugin.Editor.AddAsync(new("bob", "example.org"), "{PLAIN}x", default))?.Reason);
        Assert.Equal(ProblemReason.NotFound, (await plugin.Editor.RemoveAsync(Carol, default))?.Reason);
        Assert.Equal(ProblemReason.NotFound, (await plugin.Editor.SetPasswordAsync(Carol, "{PLAIN}x", default))?.Reason);
        Assert.Equal(Text, await File.ReadAllTextAsync(plugin.Path));
    }

    [Theory]
    [InlineData("a:b", "{PLAIN}x")]
    [InlineData("#a", "{PLAIN}x")]
    [InlineData("carol", "{PLAIN}x:0:0::::nologin")]
    [InlineData("carol", "{PLAIN}x\neve:{PLAIN}y")]
    [InlineData("carol", "{NONE}x")]
    [InlineData("carol", "")]
    public async Task What_would_break_the_file_is_refused(string localPart, string hash)
    {
        await using var plugin = await PasswordFileFixture.StartAsync(Text);
        Assert.Equal(ProblemReason.Impossible, (await plugin.Editor.AddAsync(new(localPart, "example.org"), hash, default))?.Reason);
        if (localPart == "carol")
            Assert.Equal(ProblemReason.Impossible, (await plugin.Editor.SetPasswordAsync(Alice, hash, default))?.Reason);
        Assert.Equal(Text, await File.ReadAllTextAsync(plugin.Path));
    }

    [Fact]
    public async Task Keeps_the_mode_and_follows_a_link()
    {
        await using var plugin = await PasswordFileFixture.StartAsync(Text);
        var real = plugin.Folder.File("real");
        File.Move(plugin.Path, real);
        File.CreateSymbolicLink(plugin.Path, real);
        const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead;
        File.SetUnixFileMode(real, Mode);

        Assert.Null(await plugin.Editor.AddAsync(Carol, "{PLAIN}new", default));
        Assert.Equal(Mode, File.GetUnixFileMode(real));
        Assert.Equal(real, new FileInfo(plugin.Path).LinkTarget);
        Assert.Contains("carol", await File.ReadAllTextAsync(real), StringComparison.Ordinal);
        Assert.Equal(["real", "real.lock", "users"], Directory.GetFiles(plugin.Folder.Path).Select(Path.GetFileName).Order());
    }

    [Fact]
    public async Task Many_edits_at_once_lose_none()
    {
        await using var plugin = await PasswordFileFixture.StartAsync("");
        await using var other = new PasswordFileFixture();
        File.CreateSymbolicLink(other.Path, plugin.Path);
        await other.ConfigureAsync();

        var edits = Enumerable.Range(0, 40).Select(i =>
            (i % 2 == 0 ? plugin : other).Editor.AddAsync(new($"user{i}", "example.org"), "{PLAIN}x", default).AsTask());
        Assert.All(await Task.WhenAll(edits), Assert.Null);
        Assert.Equal(40, (await File.ReadAllLinesAsync(plugin.Path)).Length);
        Assert.Equal(40, (await plugin.Directory.ListAsync(default)).Count);
    }

    [Fact]
    public async Task What_another_process_has_removed_is_gone_at_once()
    {
        await using var plugin = await PasswordFileFixture.StartAsync(Text);
        await using var other = new PasswordFileFixture();
        File.CreateSymbolicLink(other.Path, plugin.Path);
        await other.ConfigureAsync();
        Assert.Null(await other.Editor.RemoveAsync(new("bob", "example.org"), default));
        Assert.Null(await plugin.FindAsync("bob@example.org"));
    }

    [Fact]
    public async Task A_file_that_cannot_be_written_is_a_problem_and_stays()
    {
        await using var plugin = await PasswordFileFixture.StartAsync(Text);
        Directory.CreateDirectory(plugin.Path + ".lock");
        Assert.Equal(ProblemReason.NoPermission, (await plugin.Editor.AddAsync(Carol, "{PLAIN}new", default))?.Reason);
        Assert.Contains(": not changed: ", Assert.Single(plugin.Log.Lines, line => !line.Contains("(4)", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.Equal(Text, await File.ReadAllTextAsync(plugin.Path));
    }
}
