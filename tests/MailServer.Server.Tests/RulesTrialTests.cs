using System.Text.Json;

namespace MailServer.Server.Tests;

/// <summary>Rules are tested, compared, applied, explained and taken back by the executable, on an account's files.</summary>
public sealed class RulesTrialTests : IAsyncLifetime
{
    private readonly ServerProcess _server = new();

    private string Maildir => _server.File("data/mail/example.org/alice/Maildir");

    public async ValueTask InitializeAsync()
    {
        _server.Configure();
        foreach (var name in new[] { "cur", "new", "tmp" })
            Directory.CreateDirectory(Path.Combine(Maildir, name));
        for (var i = 0; i < 3; i++)
            await File.WriteAllTextAsync(Path.Combine(Maildir, "cur", $"170000000{i}.M{i}P1.host:2,S"), $"From: shop@shop.example\nSubject: receipt {i}\nMessage-ID: <{i}@shop.example>\n\nbody\n");
        await WriteAsync("old/10-a.csx", "if (Mail.Subject.Has(\"nothing\")) FileInto(\"Nothing\");\n");
        await WriteAsync("new/10-a.csx", "if (Mail.Subject.Has(\"receipt\"))\n{\n    FileInto(\"Receipts\");\n    AddFlag(\"$Receipt\");\n}\n");
        await WriteAsync("new/tests/one.eml", "Subject: my receipt\r\n\r\nbody\r\n");
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task A_test_that_fails_ends_with_1_and_says_what_was_got()
    {
        await WriteAsync("new/tests/one.expect", "folder: Paper\n");
        var (code, output, _) = await ServerProcess.RunAsync(null, "rules", "test", _server.File("new"));
        Assert.Equal((1, "FAILED one\n    tests/one.expect(1,1): asked for Paper, got Receipts by 10-a.csx:3 FileInto(\"Receipts\")\n0 of 1 tests passed\n"), (code, output));

        await WriteAsync("new/tests/one.expect", "folder: Receipts\n");
        Assert.Equal((0, "good   one\n1 of 1 tests passed\n", ""), await ServerProcess.RunAsync(null, "rules", "test", _server.File("new")));
    }

    [Fact]
    public async Task A_diff_ends_with_1_when_there_is_a_difference_and_writes_a_page()
    {
        var (code, output, error) = await ServerProcess.RunAsync(
            null, "rules", "diff", _server.File("old"), _server.File("new"), "--maildir", Maildir, "--json", "--html", _server.File("page.html"));
        Assert.Equal((1, ""), (code, error));
        var report = JsonDocument.Parse(output).RootElement;
        Assert.Equal((3, 0), (report.GetProperty("messages").GetInt32(), report.GetProperty("unchanged").GetInt32()));
        var group = Assert.Single(report.GetProperty("groups").EnumerateArray());
        Assert.Equal(("INBOX", "Receipts, $Receipt", 3), (group.GetProperty("from").GetString(), group.GetProperty("to").GetString(), group.GetProperty("count").GetInt32()));
        Assert.Contains("3 of 3 messages go another way", await File.ReadAllTextAsync(_server.File("page.html")));

        Assert.Equal(0, (await ServerProcess.RunAsync(null, "rules", "diff", _server.File("new"), _server.File("new"), "--maildir", Maildir)).Code);
        var (wrong, _, why) = await ServerProcess.RunAsync(null, "rules", "diff", "--", _server.File("nowhere"), _server.File("new"));
        Assert.Equal((2, "whose mail? --account ADDRESS or --maildir PATH is expected\n"), (wrong, why));
    }

    [Fact]
    public async Task What_was_applied_is_explained_and_taken_back()
    {
        var before = Files();
        Assert.Contains("3 messages would be changed; nothing was", (await ApplyAsync()).Output);
        Assert.Equal(before, Files());

        var (code, output, error) = await ApplyAsync("--do");
        Assert.Equal((0, ""), (code, error));
        Assert.Contains("3 messages changed", output);
        Assert.Equal(3, Directory.GetFiles(Path.Combine(Maildir, ".Receipts", "cur")).Length);
        Assert.Contains("0 messages changed", (await ApplyAsync("--do")).Output);

        var (_, story, _) = await _server.CommandAsync("explain", "<1@shop.example>");
        Assert.Contains("in Receipts, UID ", story);
        Assert.Contains("moved INBOX -> Receipts by rule (apply ", story);
        Assert.Contains(", for 10-a.csx:3", story.ReplaceLineEndings(" ").Replace("             ", " ", StringComparison.Ordinal));

        var id = Path.GetFileName(Directory.GetFiles(Maildir, "mailserver-run-*").Single())["mailserver-run-".Length..];
        Assert.Contains("3 messages would be changed", (await _server.CommandAsync("undo", "--apply", id, "--dry-run")).Output);
        Assert.Contains("3 messages changed", (await _server.CommandAsync("undo", "--apply", id)).Output);
        Assert.Equal(before.Select(file => file.Text), Files().Where(file => file.Folder == "").Select(file => file.Text));
        Assert.Equal(before.Select(file => file.Flags), Files().Where(file => file.Folder == "").Select(file => file.Flags));
        Assert.Equal(1, (await _server.CommandAsync("undo", "--apply", "nothing")).Code);
        Assert.Equal(2, (await _server.CommandAsync("undo", "--rule", "10-a.csx")).Code);

        Task<(int Code, string Output, string Error)> ApplyAsync(params string[] more) =>
            _server.CommandAsync(["rules", "apply", _server.File("new"), "--account", "alice@example.org", .. more]);
    }

    private List<(string Folder, string Text, string Flags)> Files() =>
    [
        .. Directory.GetFiles(Maildir, "*:2,*", SearchOption.AllDirectories)
            .Select(path => (Path.GetRelativePath(Maildir, Path.GetDirectoryName(Path.GetDirectoryName(path))!) is "." ? "" : "other", File.ReadAllText(path), path[(path.LastIndexOf(',') + 1)..]))
            .OrderBy(file => file.Item2, StringComparer.Ordinal),
    ];

    private async Task WriteAsync(string name, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_server.File(name))!);
        await File.WriteAllTextAsync(_server.File(name), text);
    }
}
