using System.Text.Json;
using MailServer.TestKit;

namespace MailServer.Server.Tests;

/// <summary><c>mailserver store adopt|verify|rebuild</c> as a script sees them: exit codes, JSON, and nothing changed that need not be.</summary>
public sealed class StoreCommandTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    private string Maildir => _directory.File("Maildir");

    [Fact]
    public async Task Verify_ends_with_0_when_all_is_good_and_else_with_1_and_what_is_wrong()
    {
        Make();
        var (code, output, _) = await RunAsync("verify", "--maildir", Maildir);
        Assert.Equal((0, $"{Maildir}: 1 folder, 1 message, 17 octets: good\n"), (code, output));

        Directory.CreateDirectory(Path.Combine(Maildir, "cur", "2000.dir.host"));
        (code, output, _) = await RunAsync("verify", "--maildir", Maildir, "--json");
        Assert.Equal(1, code);
        using var report = JsonDocument.Parse(output);
        var finding = Assert.Single(report.RootElement[0].GetProperty("findings").EnumerateArray());
        Assert.Equal("unreadable", finding.GetProperty("kind").GetString());
        Assert.Equal(Path.Combine(Maildir, "cur", "2000.dir.host"), finding.GetProperty("path").GetString());
        (_, output, _) = await RunAsync("verify", "--maildir", Maildir);
        Assert.All(output.Split('\n'), line => Assert.InRange(line.Length, 0, 100));
    }

    [Fact]
    public async Task Adopt_changes_nothing_until_it_is_told_to_and_rebuild_keeps_uids()
    {
        Make();
        var before = Directory.GetFileSystemEntries(Maildir, "*", SearchOption.AllDirectories);
        Assert.Equal(0, (await RunAsync("adopt", "--maildir", Maildir)).Code);
        Assert.Equal(before.Order(StringComparer.Ordinal), Directory.GetFileSystemEntries(Maildir, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal));

        var (code, output, error) = await RunAsync("adopt", "--maildir", Maildir, "--apply", "--json");
        Assert.True(code == 0, error);
        using var report = JsonDocument.Parse(output);
        var folder = report.RootElement[0].GetProperty("found").GetProperty("folders")[0];
        Assert.Equal((2u, 0), (folder.GetProperty("uidNext").GetUInt32(), folder.GetProperty("withoutUid").GetInt32()));
        var list = await File.ReadAllTextAsync(Path.Combine(Maildir, "dovecot-uidlist"), TestContext.Current.CancellationToken);

        Assert.Equal(0, (await RunAsync("rebuild", "--maildir", Maildir)).Code);
        Assert.Equal(list, await File.ReadAllTextAsync(Path.Combine(Maildir, "dovecot-uidlist"), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task An_adoption_is_written_down_with_its_facts_and_the_journal_answers_for_a_range_of_time()
    {
        Make();
        Assert.StartsWith($"{Maildir}\n", (await RunAsync("adopt", "--maildir", Maildir)).Output, StringComparison.Ordinal);
        Assert.Equal(0, (await RunAsync("adopt", "--maildir", Maildir, "--apply")).Code);
        var (code, output, error) = await RunAsync("journal", "--maildir", Maildir, "--since", "1h", "--json");
        Assert.True(code == 0, error);
        using var entry = JsonDocument.Parse(output.TrimEnd().Split('\n')[^1]);
        Assert.Equal(("adopted", "store adopt"), (entry.RootElement.GetProperty("event").GetString(), entry.RootElement.GetProperty("session").GetString()));
        var facts = entry.RootElement.GetProperty("adoption");
        Assert.Equal(("maildir++", 1, 1, 1), (facts.GetProperty("layout").GetString(), facts.GetProperty("folders").GetInt32(),
            facts.GetProperty("messages").GetInt32(), facts.GetProperty("givenUids").GetInt32()));
        (code, output, _) = await RunAsync("journal", "--maildir", Maildir);
        Assert.Contains("1 folder, 1 message, layout maildir++; 1 were given UIDs", output);
        Assert.All(output.Split('\n'), line => Assert.InRange(line.Length, 0, 100));
        Assert.Equal((0, ""), ((await RunAsync("journal", "--maildir", Maildir, "--until", "1h")) is var none ? (none.Code, none.Output) : default));
        foreach (var text in (string[])["tomorrow", "2026-13-01", "3y", "-1d", "d", ""])
        {
            (code, _, error) = await RunAsync("journal", "--maildir", Maildir, "--since", text);
            Assert.Equal(2, code);
            Assert.Contains($"--since \"{text}\" is no time", error);
        }
    }

    [Fact]
    public async Task What_is_not_there_ends_with_1_and_wrong_use_with_2()
    {
        Assert.Equal(1, (await RunAsync("verify", "--maildir", _directory.File("none"))).Code);
        Assert.Equal(2, (await RunAsync("verify", "alice@example.org", "--maildir", _directory.Path)).Code);
        Make();
        Assert.Equal(2, (await RunAsync("verify", "--maildir", Maildir, "--folder", "/")).Code);
        Assert.Equal(1, (await RunAsync("verify", "--maildir", Maildir, "--folder", "None")).Code);
    }

    public void Dispose() => _directory.Dispose();

    private static Task<(int Code, string Output, string Error)> RunAsync(params string[] arguments) => ServerProcess.RunAsync("", ["store", .. arguments]);

    private void Make()
    {
        foreach (var part in (string[])["cur", "new", "tmp"])
            Directory.CreateDirectory(Path.Combine(Maildir, part), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        File.SetUnixFileMode(Maildir, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        File.WriteAllText(Path.Combine(Maildir, "cur", "1000.M1.host:2,S"), "Subject: x\n\nbody\n");
    }
}
