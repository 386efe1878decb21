using MailServer.Server.Configuration;
using MailServer.Server.Logging;
using MailServer.TestKit;
using Microsoft.Extensions.Logging;

namespace MailServer.Server.Tests;

/// <summary>A configuration is right, or each thing wrong with it is a line with file, line, key and reason.</summary>
public sealed class ConfigReaderTests : IDisposable
{
    private const string Good = """
        [server]
        hostname = "mx.example.org"
        data = "data"
        [[domains]]
        name = "example.org"
        [[listeners]]
        name = "mx"
        address = "127.0.0.1:2525"
        protocol = "smtp"
        """;

    private readonly TempDirectory _directory = new();

    private string FileName => _directory.File("m.toml");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void The_smallest_configuration_gets_the_defaults()
    {
        var config = ConfigReader.Read(FileName, Good);

        Assert.Equal("mx.example.org", config.Hostname);
        Assert.Equal(_directory.File("data"), config.DataDirectory);
        Assert.Equal(["example.org"], config.Domains);
        Assert.Equal(TimeSpan.FromMinutes(5), config.DrainTime);
        Assert.True(config.HotReload);
        Assert.False(config.AllowPlaintextOnLoopback);
        Assert.Equal("{data}/mail/{domain}/{user}/Maildir", config.Maildir);
        Assert.Null(config.Tls);
        Assert.Null(config.Load);
        Assert.Null(config.GlobalRules);
        Assert.Equal((2000, 100), (config.MaxConnections, config.MaxConnectionsPerAddress));
        Assert.Equal(new(LogFormat.Text, LogLevel.Information), config.Log);
        Assert.Equal(TlsMode.None, Assert.Single(config.Listeners).Tls);
    }

    [Theory]
    [InlineData("", "80 95", false)]
    [InlineData("quota_warnings = []", "", false)]
    [InlineData("quota_warnings = [\"90%\", \"50%\", \"90%\"]\nover_quota = \"reject\"", "50 90", true)]
    public void Warnings_are_per_cent_in_order(string keys, string expected, bool isFinal)
    {
        var config = ConfigReader.Read(FileName, Good + "\n[store]\n" + keys);
        Assert.Equal((expected, isFinal), (string.Join(' ', config.QuotaWarnings), config.IsOverQuotaFinal));
    }

    [Theory]
    [InlineData("quota_warnings = [\"80\"]", "store.quota_warnings: \"80\": \"1%\" to \"100%\" is expected")]
    [InlineData("quota_warnings = [\"0%\"]", "store.quota_warnings: \"0%\": \"1%\" to \"100%\" is expected")]
    [InlineData("quota_warnings = [\"101%\"]", "store.quota_warnings: \"101%\": \"1%\" to \"100%\" is expected")]
    [InlineData("over_quota = \"drop\"", "store.over_quota: \"drop\": one of \"defer\", \"reject\" is expected")]
    public void Of_quotas_nonsense_is_named(string keys, string reason)
    {
        var errors = Assert.Throws<BrokenConfigException>(() => ConfigReader.Read(FileName, Good + "\n[store]\n" + keys)).Errors;
        Assert.EndsWith($"(11): {reason}", Assert.Single(errors).Message);
    }

    [Fact]
    public void The_sample_loads()
    {
        File.WriteAllText(_directory.File("cert.pem"), "");
        File.WriteAllText(_directory.File("key.pem"), "");

        var config = ConfigReader.Read(FileName, File.ReadAllText(Path.Combine(Repository.Root, "mailserver.sample.toml")));

        Assert.Equal(["mx", "submission", "submissions", "imap", "imaps", "pop3", "pop3s"], config.Listeners.Select(listener => listener.Name));
        Assert.Equal(_directory.File("cert.pem"), config.Tls?.Certificate);
        Assert.Equal(_directory.File("rules"), config.GlobalRules);
        Assert.Equal(_directory.File("users"), config.SectionOf("auth.passwordfile").GetPath("file"));
    }

    [Theory]
    [InlineData("[server]\nhostname = \"a b\"", "(2): server.hostname: \"a b\" is no domain name")]
    [InlineData("[server]\nhostname = 5", "(2): server.hostname: a text in quotes is expected, not a number")]
    [InlineData("[server]\nhost = \"x\"", "(2): server.host: unknown key")]
    [InlineData("[server]\n\nhot_reload = \"yes\"", "(3): server.hot_reload: true or false is expected, not a text")]
    [InlineData("[server]\ndrain_time = 5", "(2): server.drain_time: a time as \"5m\" is expected, not a number")]
    [InlineData("[server]\ndrain_time = \"5 minutes\"", "(2): server.drain_time: \"5 minutes\": a time as \"5m\" (ms s m h d) is expected")]
    [InlineData("[server]\ndrain_time = \"2d\"", "(2): server.drain_time: 0d to 1d is expected")]
    [InlineData("[server]\nallow_plaintext_auth = \"always\"", "(2): server.allow_plaintext_auth: \"always\": one of \"never\", \"loopback\" is expected")]
    [InlineData("[server]\nallow_plaintext_auth = true", "(2): server.allow_plaintext_auth: a text in quotes is expected, not true or false")]
    [InlineData("[server]\npostmaster = \"alice\"", "(2): server.postmaster: \"alice\" is no address")]
    [InlineData("[limits]\nmessage_size = \"50MB\"", "(2): limits.message_size: \"50MB\": a size as \"50MiB\" (B KiB MiB GiB) is expected")]
    [InlineData("[limits]\nconnections = 0", "(2): limits.connections: 1 to 1000000 is expected")]
    [InlineData("[limits]\nconnections = 2.5", "(2): limits.connections: a whole number is expected, not a fraction")]
    [InlineData("[store]\nlayout = \"mbox\"", "(2): store.layout: \"mbox\": one of \"maildir++\", \"fs\" is expected")]
    [InlineData("[store]\nmaildir = \"/mail/{user\"", "(2): store.maildir: \"/mail/{user\": only {data}, {domain}, {user} and {home} can stand in braces")]
    [InlineData("[store]\nmaildir = \"/mail\"", "(2): store.maildir: \"/mail\": without {user} or {home} all accounts would share one Maildir")]
    [InlineData("[log]\nlevel = \"loud\"", "(2): log.level: \"loud\": one of \"information\", \"trace\", \"debug\", \"warning\", \"error\" is expected")]
    [InlineData("[log]\nformat = 1", "(2): log.format: a text in quotes is expected, not a number")]
    [InlineData("[tls]\ncertificate = \"c.pem\"\nkey = \"k.pem\"", "(2): tls.certificate: DIR/c.pem: no such file")]
    [InlineData("[tls]\ncertificate = \"c.pem\"\nkey = \"k.pem\"", "(3): tls.key: DIR/k.pem: no such file")]
    [InlineData("[tls]\ncertificate = \".\"\nkey = \"k.pem\"", "(2): tls.certificate: DIR is a folder")]
    [InlineData("[tls]", "(1): tls.certificate: missing")]
    [InlineData("[plugins]\ndirectory = \"nowhere\"", "(2): plugins.directory: DIR/nowhere: no such folder")]
    [InlineData("[plugins]\nload = \"smtp\"", "(2): plugins.load: a list of texts is expected, not a text")]
    [InlineData("[plugins]\nload = [\"smtp\",\n 3]", "(3): plugins.load: a list of texts is expected, and one item is a number")]
    [InlineData("[plugins]\nlod = [\"smtp\"]", "(2): plugins.lod: unknown key")]
    [InlineData("[filters.junk]\ntime_limit = \"0s\"", "(2): filters.junk.time_limit: 1ms to 10m is expected")]
    [InlineData("[filters.junk]\non_failure = \"ignore\"", "(2): filters.junk.on_failure: \"ignore\": one of \"defer\", \"skip\" is expected")]
    [InlineData("[filters.junk]\nfoo = 1", "(2): filters.junk.foo: unknown key")]
    [InlineData("[rules]\nuser = \"x\"", "(2): rules.user: unknown key")]
    [InlineData("[rules]\nusers = \"x\"", "(2): rules.users: \"x\": without {maildir}, {user} or {home} all accounts would share one folder of rules")]
    [InlineData("[rules]\nusers = \"{maildir}/../../rules\"", "(2): rules.users: \"{maildir}/../../rules\": all accounts would share one folder of rules")]
    [InlineData("[rules]\nusers = \"{mail}/x\"", "(2): rules.users: \"{mail}/x\": only {maildir}, {data}, {domain}, {user} and {home} can stand in braces")]
    [InlineData("[rules]\nwithout_landlock = \"hope\"", "(2): rules.without_landlock: ")]
    [InlineData("[other]\nx = 1", "(1): other: unknown key")]
    [InlineData("x = 1", "(1): x: unknown key")]
    [InlineData("[[domains]]\nname = \"example.org\"\n[[domains]]\nname = \"EXAMPLE.org\"", "(4): domains.name: \"example.org\" is named twice")]
    [InlineData("[[domains]]\nname = \"-x-\"", "(2): domains.name: \"-x-\" is no domain name")]
    [InlineData("[domains]\nname = \"example.org\"", "(1): domains: tables, written as [[domains]], is expected, not a table")]
    [InlineData("[server]\nhostname = \"a.example\"\nhostname = \"b.example\"", "(3): server.hostname: set twice, first in line 2")]
    [InlineData("[server]\ndata = \"x\"\n[server]\nhostname = \"b.example\"", "(3): server: set twice, first in line 1")]
    [InlineData("[server]\nhostname = \"open\ndata = \"x\"", "(2): Invalid newline in a string")]
    [InlineData("[server\n", "(1): ")]
    public void Each_error_is_a_line_with_file_line_key_and_reason(string text, string error)
    {
        var errors = ErrorsOf(text);

        Assert.Contains(errors, line => line.StartsWith(FileName + error.Replace("DIR", _directory.Path, StringComparison.Ordinal), StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("name = \"a b\"\naddress = \"127.0.0.1:1\"\nprotocol = \"smtp\"", "(2): listeners.name: \"a b\": letters, digits, '-', '_' and '.' are expected")]
    [InlineData("address = \"127.0.0.1:1\"\nprotocol = \"smtp\"", "(1): listeners.name: missing")]
    [InlineData("name = \"a\"\nprotocol = \"smtp\"", "(1): listeners.address: missing")]
    [InlineData("name = \"a\"\naddress = \"127.0.0.1\"\nprotocol = \"smtp\"", "(3): listeners.address: \"127.0.0.1\": an IP address and a port are expected, as \"0.0.0.0:25\" or \"[::]:25\"")]
    [InlineData("name = \"a\"\naddress = \"::1\"\nprotocol = \"smtp\"", "(3): listeners.address: \"::1\": an IP address and a port are expected")]
    [InlineData("name = \"a\"\naddress = \"localhost:25\"\nprotocol = \"smtp\"", "(3): listeners.address: \"localhost:25\": an IP address and a port are expected")]
    [InlineData("name = \"a\"\naddress = \"127.0.0.1:65536\"\nprotocol = \"smtp\"", "(3): listeners.address: \"127.0.0.1:65536\": an IP address and a port are expected")]
    [InlineData("name = \"a\"\naddress = \"127.0.0.1:1\"\nprotocol = \"\"", "(4): listeners.protocol: cannot be empty")]
    [InlineData("name = \"a\"\naddress = \"127.0.0.1:1\"\nprotocol = \"smtp\"\ntls = \"on\"", "(5): listeners.tls: \"on\": one of \"none\", \"starttls\", \"implicit\" is expected")]
    [InlineData("name = \"a\"\naddress = \"127.0.0.1:1\"\nprotocol = \"smtp\"\ntls = \"implicit\"", "(5): listeners.tls: listener \"a\" needs a certificate: [tls] is missing")]
    [InlineData("name = \"a\"\naddress = \"127.0.0.1:1\"\nprotocol = \"smtp\"\n[[listeners]]\nname = \"a\"\naddress = \"127.0.0.1:2\"\nprotocol = \"smtp\"", "(6): listeners.name: \"a\" is named twice")]
    [InlineData("name = \"a\"\naddress = \"127.0.0.1:1\"\nprotocol = \"smtp\"\n[[listeners]]\nname = \"b\"\naddress = \"127.0.0.1:1\"\nprotocol = \"smtp\"", "(7): listeners.address: \"127.0.0.1:1\" is that of listener \"a\" already")]
    public void So_is_each_error_in_a_listener(string listener, string error) =>
        Assert.Contains(ErrorsOf("[[listeners]]\n" + listener), line => line.StartsWith(FileName + error, StringComparison.Ordinal));

    [Fact]
    public void Two_listeners_may_both_ask_for_any_port()
    {
        var config = ConfigReader.Read(FileName, Good + "\n[[listeners]]\nname = \"a\"\naddress = \"127.0.0.1:0\"\nprotocol = \"smtp\"\n[[listeners]]\nname = \"b\"\naddress = \"127.0.0.1:0\"\nprotocol = \"smtp\"");

        Assert.Equal(3, config.Listeners.Count);
    }

    [Fact]
    public void All_errors_are_found_in_the_order_of_lines()
    {
        var errors = ErrorsOf("[server]\nhostname = 5\ndrain_time = \"x\"\nfoo = 1\n[log]\nlevel = \"loud\"");

        Assert.Equal(["server.hostname", "server.drain_time", "server.foo", "log.level"], errors.Where(line => line.Contains(".toml(", StringComparison.Ordinal) && !line.Contains("missing", StringComparison.Ordinal)).Select(line => line.Split(": ")[1]));
        Assert.Contains($"{FileName}: listeners: missing: without a [[listeners]] table nobody can connect", errors);
    }

    [Fact]
    public void A_file_that_is_not_there_is_one_error()
    {
        var error = Assert.Throws<BrokenConfigException>(() => ConfigReader.Read(_directory.File("none.toml")));

        Assert.Equal($"{_directory.File("none.toml")}: no such file", error.Message);
    }

    [Fact]
    public void A_domain_with_umlauts_becomes_its_A_label()
    {
        var config = ConfigReader.Read(FileName, Good + "\n[[domains]]\nname = \"Bücher.Example\"");

        Assert.Equal(["example.org", "xn--bcher-kva.example"], config.Domains);
    }

    [Fact]
    public void A_plugin_sees_its_table_alone_and_answers_for_its_keys()
    {
        var config = ConfigReader.Read(FileName, Good + "\n[plugins.smtp]\nmax_message_size = \"1MiB\"\nbanner = { text = \"hi\" }\n[plugins.imap]\nx = 1");

        var section = config.SectionOf("smtp");
        Assert.Equal(1024 * 1024, section.GetSize("max_message_size"));
        Assert.Equal("hi", section.GetSection("banner").GetString("text"));
        section.RejectUnknownKeys();
        Assert.Equal($"{FileName}(11): plugins.smtp.max_message_size: unknown key", Assert.Throws<ConfigException>(config.SectionOf("smtp").RejectUnknownKeys).Message);
        config.SectionOf("pop3").RejectUnknownKeys();
    }

    [Fact]
    public void An_inner_table_of_a_plugin_is_looked_through_too()
    {
        var section = ConfigReader.Read(FileName, Good + "\n[plugins.smtp.banner]\ntext = \"hi\"\ntxet = \"ho\"").SectionOf("smtp");

        Assert.Equal("hi", section.GetSection("banner").GetString("text"));
        Assert.Equal($"{FileName}(12): plugins.smtp.banner.txet: unknown key", Assert.Throws<ConfigException>(section.RejectUnknownKeys).Message);
    }

    [Fact]
    public void A_table_for_a_plugin_that_is_not_there_is_an_error()
    {
        var config = ConfigReader.Read(FileName, Good + "\n[plugins.smpt]\nx = 1");

        Assert.Equal($"{FileName}(10): plugins.smpt: no plugin has this id (there are: imap smtp)", Assert.Single(config.TablesWithoutPlugin(["smtp", "imap"])).Message);
    }

    private List<string> ErrorsOf(string text) =>
        [.. Assert.Throws<BrokenConfigException>(() => ConfigReader.Read(FileName, text)).Errors.Select(error => error.Message)];
}
