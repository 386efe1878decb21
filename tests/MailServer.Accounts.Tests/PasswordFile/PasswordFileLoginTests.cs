namespace MailServer.Accounts.Tests.PasswordFile;

public sealed class PasswordFileLoginTests
{
    // What `doveadm pw` and `mkpasswd` print for the password "secret".
    private const string Bcrypt = "{BLF-CRYPT}$2y$05$bvIG6Nmid91Mu9RcmmWZfO5HJIMCT8riNW0hEp8f6/FuA2/mHZFpe";

    [Theory]
    [InlineData("alice@example.org", "secret", AuthOutcome.Accepted)]
    [InlineData("alice@EXAMPLE.org", "secret", AuthOutcome.Accepted)]
    [InlineData("Alice@example.org", "secret", AuthOutcome.Accepted)]
    [InlineData("alice", "secret", AuthOutcome.Accepted)]
    [InlineData("alice@example.org", "Secret", AuthOutcome.Refused)]
    [InlineData("alice@example.org", "", AuthOutcome.Refused)]
    [InlineData("alice@example.net", "secret", AuthOutcome.Unknown)]
    [InlineData("bob", "secret", AuthOutcome.Accepted)]
    [InlineData("bob@example.org", "secret", AuthOutcome.Accepted)]
    [InlineData("bob@example.net", "secret", AuthOutcome.Accepted)]
    [InlineData("bob@elsewhere.example", "secret", AuthOutcome.Unknown)]
    [InlineData("carol", "secret", AuthOutcome.Unknown)]
    [InlineData("", "secret", AuthOutcome.Unknown)]
    [InlineData("@", "secret", AuthOutcome.Unknown)]
    [InlineData("# alice@example.org", "secret", AuthOutcome.Unknown)]
    public async Task Answers_logins(string name, string secret, AuthOutcome outcome)
    {
        await using var plugin = await PasswordFileFixture.StartAsync("alice@example.org:{PLAIN}secret::::::\nbob:{PLAIN}secret\n");
        Assert.Equal(outcome, await plugin.LoginAsync(name, secret));
    }

    [Theory]
    [InlineData(PasswordScheme.ScramSha256)]
    [InlineData(PasswordScheme.Argon2Id)]
    [InlineData(PasswordScheme.BlowfishCrypt)]
    [InlineData(PasswordScheme.Sha512Crypt)]
    [InlineData(PasswordScheme.Plain)]
    public async Task Every_scheme_logs_in(PasswordScheme scheme)
    {
        var hash = await new PasswordHasher(scheme).HashAsync("pässword", default);
        await using var plugin = await PasswordFileFixture.StartAsync($"alice@example.org:{hash}:1000:1000::/home/alice::\n");
        Assert.Empty(plugin.Log.Lines);
        var result = await plugin.AuthenticateAsync("alice@example.org", "pässword");
        Assert.Equal(AuthOutcome.Accepted, result.Outcome);
        Assert.Equal(new User { Name = "alice@example.org", Address = new("alice", "example.org"), Home = "/home/alice" }, result.User);
        Assert.Equal(AuthOutcome.Refused, await plugin.LoginAsync("alice@example.org", "password"));
    }

    [Fact]
    public async Task A_name_without_domain_belongs_to_the_first_domain()
    {
        await using var plugin = await PasswordFileFixture.StartAsync("bob:{PLAIN}secret\n");
        var user = (await plugin.AuthenticateAsync("bob@example.net", "secret")).User;
        Assert.Equal(new User { Name = "bob", Address = new("bob", "example.org") }, user);
    }

    [Theory]
    [InlineData("", AuthOutcome.Accepted)]
    [InlineData("alice@example.org", AuthOutcome.Accepted)]
    [InlineData("alice@Example.Org", AuthOutcome.Accepted)]
    [InlineData("bob@example.org", AuthOutcome.Refused)]
    [InlineData("nobody@example.org", AuthOutcome.Refused)]
    public async Task Nobody_acts_for_another(string authorizationId, AuthOutcome outcome)
    {
        await using var plugin = await PasswordFileFixture.StartAsync("alice@example.org:{PLAIN}secret\nbob@example.org:{PLAIN}secret\n");
        Assert.Equal(outcome, await plugin.LoginAsync("alice@example.org", "secret", authorizationId));
    }

    [Fact]
    public async Task An_unknown_user_costs_a_check_like_a_wrong_password()
    {
        await using var plugin = await PasswordFileFixture.StartAsync($"alice@example.org:{Bcrypt}\nmailonly@example.org:\n");
        foreach (var name in new[] { "alice@example.org", "nobody@example.org", "mailonly@example.org", "a b\r\n" })
        {
            var before = plugin.Hasher.Checks;
            Assert.NotEqual(AuthOutcome.Accepted, await plugin.LoginAsync(name, "wrong"));
            Assert.Equal(before + 1, plugin.Hasher.Checks);
        }
    }

    [Theory]
    [InlineData("nologin", "192.0.2.1", AuthOutcome.Refused)]
    [InlineData("userdb_quota_rule=*:bytes=1G", "192.0.2.1", AuthOutcome.Accepted)]
    [InlineData("allow_nets=192.0.2.0/24", "192.0.2.1", AuthOutcome.Accepted)]
    [InlineData("allow_nets=192.0.2.0/24", "::ffff:192.0.2.1", AuthOutcome.Accepted)]
    [InlineData("allow_nets=192.0.2.0/24", "198.51.100.1", AuthOutcome.Refused)]
    [InlineData("allow_nets=198.51.100.7,2001:db8::/32", "2001:db8::1", AuthOutcome.Accepted)]
    [InlineData("allow_nets=198.51.100.7,2001:db8::/32", "198.51.100.8", AuthOutcome.Refused)]
    [InlineData("allow_nets=local", "192.0.2.1", AuthOutcome.Refused)]
    public async Task Extra_fields_that_keep_people_out_do(string extra, string from, AuthOutcome outcome)
    {
        await using var plugin = await PasswordFileFixture.StartAsync($"alice@example.org:{{PLAIN}}secret::::::{extra}\n");
        Assert.Equal(outcome, await plugin.LoginAsync("alice@example.org", "secret", from: from));
    }

    [Fact]
    public async Task SCRAM_keys_are_found_only_where_the_scheme_has_them()
    {
        var hash = await new PasswordHasher().HashAsync("secret", default);
        await using var plugin = await PasswordFileFixture.StartAsync($"alice:{hash}\nbob:{{PLAIN}}secret\ncarol:{hash}::::::nologin\n");
        Assert.Equal("SCRAM-SHA-256", (await plugin.Authenticator.FindScramKeysAsync("alice@example.org", default))?.Mechanism);
        Assert.Null(await plugin.Authenticator.FindScramKeysAsync("bob", default));
        Assert.Null(await plugin.Authenticator.FindScramKeysAsync("carol", default));
        Assert.Null(await plugin.Authenticator.FindScramKeysAsync("dave", default));
    }

    [Fact]
    public async Task A_bearer_token_is_for_others()
    {
        await using var plugin = await PasswordFileFixture.StartAsync("alice:{PLAIN}secret\n");
        var result = await plugin.Authenticator.AuthenticateAsync(new Credentials.Bearer("", "token"), null!, default);
        Assert.Equal(AuthOutcome.Unknown, result.Outcome);
    }
}
