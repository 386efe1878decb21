using MailServer.Plugins.AuthPasswordFile;
using MailServer.TestKit;

namespace MailServer.Accounts.Tests.PasswordFile;

public sealed class PasswordFileReadTests
{
    [Theory]
    [InlineData("# a comment\n\n  \nalice:{PLAIN}x\n", null)]
    [InlineData("alice:{PLAIN}x", null)]
    [InlineData("\ufeffalice:{PLAIN}x\r\n", null)]
    [InlineData("alice:{PLAIN}x\nnonsense\n", "(2): it has no colon behind the name")]
    [InlineData("\n:{PLAIN}y\nalice:{PLAIN}x\n", "(2): the name is empty")]
    [InlineData("bo b:{PLAIN}y\nalice:{PLAIN}x\n", "(1): the name is no local part and no address")]
    [InlineData("@example.org:{PLAIN}y\nalice:{PLAIN}x\n", "(1): the name is no local part and no address")]
    [InlineData("alice:{PLAIN}x\nALICE:{PLAIN}y\n", "(2): ALICE is there more than once, and the first counts")]
    [InlineData("bob:{MD5}y\nalice:{PLAIN}x\n", "(1): the password of bob cannot be used: the scheme is none of")]
    [InlineData("bob:{SCRAM-SHA-256}y\nalice:{PLAIN}x\n", "(1): the password of bob cannot be used: ")]
    [InlineData("alice:{PLAIN}x:::gecos:home/alice::\n", "(1): the home of alice is no absolute path")]
    [InlineData("alice:{PLAIN}x::::::userdb_quota_rule=*:storage=much\n", "(1): userdb_quota_rule of alice is not understood; as *:storage=1G:messages=1000")]
    [InlineData("alice:{PLAIN}x::::::allow_nets=1.2.3.4/99,192.0.2.0/24\n", "(1): allow_nets of alice has a part that is no network")]
    public async Task A_broken_line_is_named_and_the_rest_goes_on(string text, string? complaint)
    {
        await using var plugin = await PasswordFileFixture.StartAsync(text);
        Assert.Equal(AuthOutcome.Accepted, await plugin.LoginAsync("alice", "x"));
        if (complaint is null)
            Assert.Empty(plugin.Log.Lines);
        else
            Assert.StartsWith(plugin.Path + complaint, Assert.Single(plugin.Log.Lines), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("*:storage=1G:messages=1000", 1L << 30, 1000L)]
    [InlineData("?:storage=1g", 1L << 30, null)]
    [InlineData("*:storage=100", 102_400L, null)]
    [InlineData("*:bytes=100", 100L, null)]
    [InlineData("*:storage=100B", 100L, null)]
    [InlineData("*:bytes=2M", 2L << 20, null)]
    [InlineData("*:messages=5", null, 5L)]
    [InlineData("*:storage=0:messages=0", null, null)]
    [InlineData("*:ignore", null, null)]
    public async Task A_quota_is_read_as_Dovecot_reads_it(string rule, long? storage, long? messages)
    {
        await using var plugin = await PasswordFileFixture.StartAsync($"alice:{{PLAIN}}x:1:2::/home/alice::nologin userdb_quota_rule={rule} x=y\n");
        var user = Assert.Single(await plugin.Directory.ListAsync(default));
        Assert.Equal(new Quota { Storage = storage, Messages = messages }, user.Quota);
        Assert.Empty(plugin.Log.Lines);
    }

    [Theory]
    [InlineData("*")]
    [InlineData("")]
    [InlineData("*:")]
    [InlineData("Trash:storage=1G")]
    [InlineData("*:storage=+1G")]
    [InlineData("*:storage=-1")]
    [InlineData("*:storage=50%")]
    [InlineData("*:storage=")]
    [InlineData("*:storage=G")]
    [InlineData("*:storage=9223372036854775807G")]
    [InlineData("*:storage=99999999999999999999")]
    [InlineData("*:storage=1G:colour=red")]
    public async Task A_quota_that_is_not_understood_leaves_the_servers_own_in_force(string rule)
    {
        await using var plugin = await PasswordFileFixture.StartAsync($"alice:{{PLAIN}}x::::::userdb_quota_rule={rule}\n");
        Assert.Null(Assert.Single(await plugin.Directory.ListAsync(default)).Quota);
        Assert.Contains("is not understood", Assert.Single(plugin.Log.Lines));
    }

    [Fact]
    public async Task An_account_with_an_unusable_password_still_gets_its_mail()
    {
        await using var plugin = await PasswordFileFixture.StartAsync("bob:{MD5}y\ncarol:\n");
        Assert.Equal("bob", await plugin.FindAsync("bob@example.org"));
        Assert.Equal("carol", await plugin.FindAsync("carol@example.org"));
        Assert.Equal(AuthOutcome.Refused, await plugin.LoginAsync("bob", "y"));
        Assert.Equal(AuthOutcome.Refused, await plugin.LoginAsync("carol", ""));
    }

    [Fact]
    public async Task A_line_that_is_not_UTF8_is_skipped()
    {
        await using var plugin = await PasswordFileFixture.StartAsync("");
        await File.WriteAllBytesAsync(plugin.Path, [.. "b\xFF:{PLAIN}x\nalice:{PLAIN}x\n".Select(c => (byte)c)]);
        Assert.Equal(AuthOutcome.Accepted, await plugin.LoginAsync("alice", "x"));
        Assert.Equal($"{plugin.Path}(1): it is not UTF-8", Assert.Single(plugin.Log.Lines));
    }

    [Fact]
    public async Task Accounts_are_listed_in_the_order_of_the_file()
    {
        await using var plugin = await PasswordFileFixture.StartAsync("zoe:{PLAIN}x\nalice@example.net:{PLAIN}x\n#bob:{PLAIN}x\n");
        Assert.Equal(["zoe", "alice@example.net"], (await plugin.Directory.ListAsync(default)).Select(user => user.Name));
    }

    [Theory]
    [InlineData("alice@example.org", "alice@example.org")]
    [InlineData("ALICE@example.org", "alice@example.org")]
    [InlineData("bob@example.net", "bob")]
    [InlineData("bob@elsewhere.example", null)]
    [InlineData("carol@example.org", null)]
    public async Task Mail_finds_its_account(string address, string? name)
    {
        await using var plugin = await PasswordFileFixture.StartAsync("alice@example.org:{PLAIN}x\nbob:{PLAIN}x\n");
        Assert.Equal(name, await plugin.FindAsync(address));
    }

    [Theory]
    [InlineData("eva@bücher.example")]
    [InlineData("eva@xn--bcher-kva.example")]
    [InlineData("eva@XN--BCHER-kva.Example")]
    public async Task A_domain_may_be_written_in_either_form(string written)
    {
        await using var plugin = await PasswordFileFixture.StartAsync(written + ":{PLAIN}x\n");
        Assert.Equal("eva@xn--bcher-kva.example", await plugin.FindAsync("eva@xn--bcher-kva.example"));
        Assert.Equal("eva@xn--bcher-kva.example", await plugin.FindAsync("eva@bücher.example"));
        Assert.Equal(AuthOutcome.Accepted, await plugin.LoginAsync("eva@bücher.example", "x"));
    }

    [Fact]
    public async Task A_changed_file_is_read_again()
    {
        await using var plugin = await PasswordFileFixture.StartAsync("alice:{PLAIN}one\n");
        await File.WriteAllTextAsync(plugin.Path, "alice:{PLAIN}two\n");
        Assert.Equal(AuthOutcome.Refused, await plugin.LoginAsync("alice", "one"));
        Assert.Equal(AuthOutcome.Accepted, await plugin.LoginAsync("alice", "two"));

        // Another file of the same size and time under the name.
        await File.WriteAllTextAsync(plugin.Path + ".new", "alice:{PLAIN}six\n");
        File.SetLastWriteTimeUtc(plugin.Path + ".new", File.GetLastWriteTimeUtc(plugin.Path));
        File.Move(plugin.Path + ".new", plugin.Path, overwrite: true);
        Assert.Equal(AuthOutcome.Accepted, await plugin.LoginAsync("alice", "six"));
    }

    [Fact]
    public async Task A_file_that_is_gone_leaves_its_accounts_and_says_so_once()
    {
        await using var plugin = await PasswordFileFixture.StartAsync("alice:{PLAIN}one\n");
        File.Delete(plugin.Path);
        Assert.Equal(AuthOutcome.Accepted, await plugin.LoginAsync("alice", "one"));
        Assert.Equal("alice", await plugin.FindAsync("alice@example.org"));
        Assert.Equal($"{plugin.Path}: there is no such file; the accounts read before stay in service", Assert.Single(plugin.Log.Lines));

        await File.WriteAllTextAsync(plugin.Path, "alice:{PLAIN}two\n");
        Assert.Equal(AuthOutcome.Accepted, await plugin.LoginAsync("alice", "two"));
    }

    [Fact]
    public async Task A_file_that_is_just_being_written_loses_no_account()
    {
        await using var plugin = await PasswordFileFixture.StartAsync("alice:{PLAIN}one\nbob:{PLAIN}one\n");
        await File.WriteAllTextAsync(plugin.Path, "alice:{PLA");
        Assert.Equal("bob", await plugin.FindAsync("bob@example.org"));
        await File.WriteAllTextAsync(plugin.Path, "alice:{PLAIN}two\nbob:{PLAIN}two\n");
        Assert.Equal(AuthOutcome.Accepted, await plugin.LoginAsync("bob", "two"));
    }

    [Fact]
    public async Task An_account_that_stays_away_is_gone()
    {
        await using var plugin = await PasswordFileFixture.StartAsync("alice:{PLAIN}one\nbob:{PLAIN}one\n");
        await File.WriteAllTextAsync(plugin.Path, "alice:{PLAIN}one\n");
        await Task.Delay(TimeSpan.FromSeconds(1.1));
        Assert.Null(await plugin.FindAsync("bob@example.org"));
    }

    [Theory]
    [InlineData(false, "there is no such file")]
    [InlineData(true, "it is no file")]
    public async Task A_file_that_cannot_be_read_at_start_is_a_configuration_error(bool isFolder, string reason)
    {
        await using var fixture = new PasswordFileFixture();
        if (isFolder)
            Directory.CreateDirectory(fixture.Path);
        var error = await Assert.ThrowsAsync<ConfigException>(() => fixture.ConfigureAsync());
        Assert.Equal($"test.toml(1): file: {fixture.Path}: {reason}", error.Message);
    }

    [Fact]
    public async Task An_unknown_key_is_a_configuration_error()
    {
        await using var fixture = new PasswordFileFixture();
        await File.WriteAllTextAsync(fixture.Path, "");
        var host = new TestPluginHost { Config = new TestConfig(("file", fixture.Path), ("fil", "x")), Passwords = fixture.Hasher };
        await Assert.ThrowsAsync<ConfigException>(async () => await new PasswordFilePlugin().ConfigureAsync(host, default));
    }
}
