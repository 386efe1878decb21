using System.Text.Json;
using MailServer.TestKit;

namespace MailServer.Server.Tests;

/// <summary>The commands that need no running server, as processes.</summary>
public sealed class CommandTests : IAsyncLifetime
{
    private readonly ServerProcess _server = new();

    public ValueTask InitializeAsync()
    {
        _server.Configure();
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Theory]
    [InlineData("")]
    [InlineData("nothing")]
    [InlineData("serve --nothing")]
    [InlineData("plugin")]
    [InlineData("account add")]
    [InlineData("demo --port-base 70000")]
    [InlineData("account add no-address --password-stdin")]
    public async Task Wrong_use_ends_with_2_and_says_why_on_stderr(string arguments)
    {
        var (code, _, error) = await ServerProcess.RunAsync("", arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries));

        Assert.Equal(2, code);
        Assert.NotEmpty(error);
    }

    [Fact]
    public async Task A_broken_configuration_ends_with_2_and_all_its_errors()
    {
        await File.WriteAllTextAsync(_server.Config, "[server]\nhostname = 5\nfoo = 1\n");

        foreach (var command in new[] { "serve", "check", "status" })
        {
            var (code, output, error) = await _server.CommandAsync(command);

            Assert.Equal((2, ""), (code, output));
            Assert.Contains($"{_server.Config}(2): server.hostname: ", error);
            Assert.Contains($"{_server.Config}(3): server.foo: unknown key\n", error);
        }
    }

    [Fact]
    public async Task Aliases_are_added_listed_checked_and_removed()
    {
        async Task ExpectAsync(int code, string output, string error, params string[] arguments)
        {
            var (exit, text, complaint) = await _server.CommandAsync(arguments);
            Assert.Equal((code, output, error), (exit, text, complaint.Replace(_server.File("").TrimEnd('/') + "/", "", StringComparison.Ordinal)));
        }

        await ExpectAsync(1, "", "mailserver.toml: [accounts] aliases names no file\n", "alias", "list");
        await File.AppendAllTextAsync(_server.Config, "\n[accounts]\naliases = \"aliases\"\n");
        await ExpectAsync(0, "info@example.org added\n", "", "alias", "add", "info@example.org", "alice@example.org", "bob@example.org");
        await ExpectAsync(0, "@example.org added\n", "", "alias", "add", "@example.org", "gone@example.org");
        await ExpectAsync(1, "", "INFO@example.org is there already\n", "alias", "add", "INFO@example.org", "alice@example.org");
        await ExpectAsync(1, "", "aliases:3: \"alice\" is neither an address nor @domain\n", "alias", "add", "x@example.org", "alice");
        await ExpectAsync(0, "info@example.org  alice@example.org, bob@example.org\n@example.org  gone@example.org\n", "", "alias", "list");
        using (var list = JsonDocument.Parse((await _server.CommandAsync("alias", "list", "--json")).Output))
            Assert.Equal("bob@example.org", list.RootElement[0].GetProperty("targets")[1].GetString());
        await File.WriteAllTextAsync(_server.File("aliases"), "# mine\ninfo@example.org alice@example.org\n  bob@example.org\n\na@example.org b@example.org\nb@example.org a@example.org\nx@other.example alice@example.org\n");
        var check = await _server.CommandAsync("check");
        Assert.Equal(0, check.Code);
        Assert.Contains("aliases:5: a@example.org leads to b@example.org, which reaches nobody", check.Error);
        Assert.Contains("aliases:7: other.example is none of our [[domains]]", check.Error);
        await ExpectAsync(0, "info@example.org removed\n", "", "alias", "remove", "info@example.org");
        await ExpectAsync(1, "", "info@example.org is no alias\n", "alias", "remove", "info@example.org");
        Assert.Equal("# mine\n\na@example.org b@example.org\nb@example.org a@example.org\nx@other.example alice@example.org\n", await File.ReadAllTextAsync(_server.File("aliases")));
        await File.WriteAllTextAsync(_server.File("aliases"), "broken\n");
        var (code, _, error) = await _server.CommandAsync("check");
        Assert.Equal(1, code);
        Assert.Contains("aliases:1: \"broken\" is neither an address", error);
    }

    [Fact]
    public async Task A_quota_is_set_shown_and_taken_away()
    {
        async Task ExpectAsync(string arguments, string output)
        {
            var (code, text, error) = await _server.CommandAsync(["account", "quota", "alice@example.org", .. arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries)]);
            Assert.Equal((0, $"alice@example.org: {output}\n", ""), (code, text, error));
        }

        var folder = Directory.CreateDirectory(_server.File("data/mail/example.org/alice/Maildir/cur"));
        await File.WriteAllTextAsync(Path.Combine(folder.FullName, "1.x,S=2048:2,"), "not looked at");
        await ExpectAsync("", "2 KiB in 1 message, no limit");
        await ExpectAsync("--size 1G", "2 KiB of 1 GiB (0 %)");
        await ExpectAsync("--messages 4", "2 KiB of 1 GiB, 1 of 4 messages (25 %)");
        await ExpectAsync("--size 4KiB --messages 0", "2 KiB of 4 KiB (50 %)");
        Assert.EndsWith(":userdb_quota_rule=*:storage=4K", Line("alice"));
        Assert.Equal("alice@example.org  not counted yet\nbob@example.org\n", (await _server.CommandAsync("account", "list")).Output);
        await File.WriteAllTextAsync(_server.File("data/mail/example.org/alice/Maildir/maildirsize"), "4096S\n2048 1\n");
        Assert.Equal("alice@example.org  2 KiB of 4 KiB (50 %)\nbob@example.org\n", (await _server.CommandAsync("account", "list")).Output);
        using var list = JsonDocument.Parse((await _server.CommandAsync("account", "list", "--json")).Output);
        var quota = list.RootElement[0].GetProperty("quota");
        Assert.Equal((2048, 4096, 50, true), (quota.GetProperty("storage").GetInt32(), quota.GetProperty("storageLimit").GetInt32(), quota.GetProperty("percent").GetInt32(), quota.GetProperty("isOwn").GetBoolean()));
        await ExpectAsync("--none", "2 KiB in 1 message, no limit");
        await ExpectAsync("--default", "2 KiB in 1 message, no limit");
        Assert.EndsWith("::::::", Line("alice"));
        foreach (var wrong in (string[])["--size 1", "--size x", "--messages -1", "--none --size 1G", "--none --default"])
            Assert.Equal(2, (await _server.CommandAsync(["account", "quota", "alice@example.org", .. wrong.Split(' ')])).Code);
        Assert.Equal(1, (await _server.CommandAsync("account", "quota", "nobody@example.org")).Code);
    }

    [Fact]
    public async Task Accounts_are_added_listed_changed_and_removed()
    {
        var (code, _, error) = await ServerProcess.RunAsync("open sesame\n", "account", "add", "carol@example.org", "--password-stdin", "--config", _server.Config);
        Assert.True(code == 0, error);
        Assert.Equal("alice@example.org\nbob@example.org\ncarol@example.org\n", (await _server.CommandAsync("account", "list")).Output);
        var added = Line("carol");
        Assert.StartsWith("carol@example.org:{SCRAM-SHA-256}", added);

        Assert.Equal(1, (await ServerProcess.RunAsync("x\n", "account", "add", "carol@example.org", "--password-stdin", "--config", _server.Config)).Code);
        Assert.Equal(1, (await ServerProcess.RunAsync("x\n", "account", "add", "carol@example.com", "--password-stdin", "--config", _server.Config)).Code);
        Assert.Equal(2, (await ServerProcess.RunAsync("\n", "account", "password", "carol@example.org", "--password-stdin", "--config", _server.Config)).Code);
        Assert.Equal(2, (await _server.CommandAsync("account", "password", "carol@example.org")).Code);
        Assert.Equal(added, Line("carol"));

        Assert.Equal(0, (await ServerProcess.RunAsync("other\n", "account", "password", "carol@example.org", "--password-stdin", "--config", _server.Config)).Code);
        Assert.NotEqual(added, Line("carol"));
        Assert.Equal(0, (await _server.CommandAsync("account", "remove", "carol@example.org")).Code);
        Assert.Equal(1, (await _server.CommandAsync("account", "remove", "carol@example.org")).Code);
        using var list = JsonDocument.Parse((await _server.CommandAsync("account", "list", "--json")).Output);
        Assert.Equal(["alice@example.org", "bob@example.org"], list.RootElement.EnumerateArray().Select(account => account.GetProperty("address").GetString()));
    }

    [Fact]
    public async Task The_first_account_makes_the_password_file()
    {
        var users = _server.File("users");
        File.Delete(users);
        Assert.NotEqual(0, (await _server.CommandAsync("check")).Code);
        Assert.NotEqual(0, (await ServerProcess.RunAsync("\n", "account", "add", "carol@example.org", "--password-stdin", "--config", _server.Config)).Code);
        Assert.False(File.Exists(users));

        Assert.Equal(0, (await ServerProcess.RunAsync("x\n", "account", "add", "carol@example.org", "--password-stdin", "--config", _server.Config)).Code);

        Assert.StartsWith("carol@example.org:{SCRAM-SHA-256}", Assert.Single(await File.ReadAllLinesAsync(users)));
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(users));
        Assert.Equal(0, (await _server.CommandAsync("check")).Code);
    }

    [Fact]
    public async Task Check_finds_nothing_wrong_with_what_is_right() =>
        Assert.Equal((0, $"{_server.Config}: good\n", ""), await _server.CommandAsync("check"));

    [Theory]
    [InlineData("", 0, true)]
    [InlineData("[plugins.smtp]\nx = 1\n", 1, false)]
    [InlineData("[nothing]\nx = 1\n", 2, false)]
    public async Task Check_answers_in_JSON_too(string more, int expected, bool isGood)
    {
        _server.Configure(more: more);

        var (code, output, error) = await _server.CommandAsync("check", "--json");

        using var report = JsonDocument.Parse(output);
        Assert.Equal((expected, isGood, ""), (code, report.RootElement.GetProperty("isGood").GetBoolean(), error));
        Assert.Equal(isGood ? 0 : 1, report.RootElement.GetProperty("errors").GetArrayLength());
    }

    [Fact]
    public async Task Check_looks_into_plugins_certificate_and_rules()
    {
        _server.Configure(more: "[plugins.smtp]\nmax_size = 1\n[plugins.smpt]\nx = 1\n[rules]\nglobal = \"rules\"\n[[listeners]]\nname = \"sieve\"\naddress = \"127.0.0.1:0\"\nprotocol = \"managesieve\"\n");
        Directory.CreateDirectory(_server.File("rules"));
        await File.WriteAllTextAsync(_server.File("rules/10-broken.csx"), "if (Mail.Form.IsIn(\"x.example\")) Stop();\n");
        await File.WriteAllTextAsync(_server.File("key.pem"), "nonsense");

        var (code, _, error) = await _server.CommandAsync("check");

        Assert.Equal(1, code);
        Assert.Contains($"{_server.File("key.pem")}: no private key in PEM form\n", error);
        Assert.Contains("plugins.smtp.max_size: unknown key", error);
        Assert.Contains("plugins.smpt: no plugin has this id", error);
        Assert.Contains("listener \"sieve\": no plugin serves protocol \"managesieve\"", error);
        Assert.Contains("10-broken.csx(1,10): CS1061", error);
    }

    [Fact]
    public async Task Rules_check_says_where_a_script_is_wrong()
    {
        await File.WriteAllTextAsync(_server.File("good.csx"), "if (Mail.Subject.Has(\"x\")) FileInto(\"X\");\n");
        await File.WriteAllTextAsync(_server.File("bad.csx"), "FileInto(5);\n");

        Assert.Equal((0, $"{_server.File("good.csx")}: good\n", ""), await ServerProcess.RunAsync(null, "rules", "check", _server.File("good.csx")));
        var (code, _, error) = await ServerProcess.RunAsync(null, "rules", "check", _server.File("bad.csx"), _server.File("good.csx"), _server.File("none.csx"));

        Assert.Equal(1, code);
        Assert.Contains($"{_server.File("bad.csx")}(1,10): CS1503 ", error);
        Assert.Contains($"{_server.File("none.csx")}: no such file", error);
    }

    [Fact]
    public async Task Plugin_check_reads_manifests_and_loads_nothing()
    {
        var plugins = Path.Combine(Path.GetDirectoryName(ServerProcess.Executable)!, "plugins");

        var (code, output, error) = await ServerProcess.RunAsync(null, "plugin", "check", Path.Combine(plugins, "Smtp"));
        Assert.True(code == 0, error);
        Assert.Contains("smtp", output);

        Directory.CreateDirectory(_server.File("empty"));
        (code, _, error) = await ServerProcess.RunAsync(null, "plugin", "check", _server.File("empty"));
        Assert.Equal(1, code);
        Assert.Contains("no assembly here carries MailPluginAttribute", error);
    }

    [Fact]
    public async Task The_demo_ends_well_and_its_table_fits_a_hundred_columns()
    {
        var portBase = Random.Shared.Next(10_000, 31_000); // below the ports that the kernel gives to others' sockets
        using var directory = new TempDirectory();

        var (code, output, error) = await ServerProcess.RunAsync(null, "demo", "--exit", "--data", directory.File("demo"), "--port-base", $"{portBase}");

        Assert.True(code == 0, $"port base {portBase}\n{output}{error}");
        Assert.Contains("Read back by IMAP: every message is where the rules put it.", output);
        Assert.All(output.Split('\n'), line => Assert.True(line.Length <= 100 || line.Contains(directory.Path, StringComparison.Ordinal) || line.Contains(Repository.Root, StringComparison.Ordinal), line));
        Assert.True(Directory.Exists(directory.File("demo/data/mail/example.org/alice/Maildir/cur")));
    }

    [Fact]
    public async Task A_demo_whose_port_is_taken_names_it_and_a_way_out()
    {
        using var taken = new System.Net.Sockets.Socket(System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Tcp);
        taken.Bind(new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, 0));
        taken.Listen();
        var port = ((System.Net.IPEndPoint)taken.LocalEndPoint!).Port;
        var portBase = port - 525;

        var (code, _, error) = await ServerProcess.RunAsync(null, "demo", "--exit", "--port-base", $"{portBase}");

        Assert.Equal(1, code);
        Assert.Matches($"^port {port} \\(mx\\) is taken by another program; try --port-base [0-9]+\n$", error);
    }

    private string Line(string user) => File.ReadLines(_server.File("users")).Single(line => line.StartsWith(user, StringComparison.Ordinal));
}
