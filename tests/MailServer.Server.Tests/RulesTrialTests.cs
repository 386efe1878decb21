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
        Assert.Equal((1, "FAILED one\n    tests/one.expect(1,1): asked for Paper, got Receipts by 10-a.csx:3 FileInto(\"Receipts\")\n0 of 1 test passed\n"), (code, output));

        await WriteAsync("new/tests/one.expect", "folder: Receipts\n");
        Assert.Equal((0, "good   one\n1 of 1 test passed\n", ""), await ServerProcess.RunAsync(null, "rules", "test", _server.File("new")));
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

    [Fact]
    public async Task An_accounts_own_scripts_are_tested_asked_after_the_administrators_and_taken_back_by_their_own_name()
    {
        _server.Configure("[rules]\nglobal = \"global\"\nusers = \"{maildir}/../rules\"");
        const string Own = "data/mail/example.org/alice/rules/";
        await WriteAsync("global/10-a.csx", "if (Mail.Subject.Has(\"receipt 2\"))\n{\n    FileInto(\"Global\");\n    Stop();\n}\n");
        await WriteAsync(Own + "10-a.csx", "if (Mail.Subject.Has(\"receipt 1\")) FileInto(\"Mine\");\n");
        await WriteAsync(Own + "20-b.csx", "AddFlag(\"$Own\");\n");
        await WriteAsync(Own + "tests/one.eml", "Subject: receipt 1\r\n\r\nbody\r\n");
        await WriteAsync(Own + "tests/one.expect", "folder: Other\n");
        var (code, output, _) = await _server.CommandAsync("rules", "test", "--account", "alice@example.org");
        Assert.Equal((1, "FAILED alice@example.org/one\n    tests/one.expect(1,1): asked for Other, got Mine by 10-a.csx:1 FileInto(\"Mine\")\n0 of 1 test passed\n"), (code, output));
        await WriteAsync(Own + "tests/one.expect", "folder: Mine\n");
        Assert.Equal((0, "good   alice@example.org/one\n1 of 1 test passed\n", ""), await _server.CommandAsync("rules", "test", "--users"));

        await WriteAsync(Own + "30-c.csx", "System.IO.File.Delete(\"/etc/passwd\");\n");
        (code, _, var error) = await _server.CommandAsync("rules", "check", "--users");
        Assert.Equal((1, true), (code, error.StartsWith("alice@example.org/30-c.csx(1,1): RULE100 ", StringComparison.Ordinal)));

        // The account's own folders are known.
        foreach (var folder in (string[])["cur", "new", "tmp"])
            Directory.CreateDirectory(Path.Combine(Maildir, ".Newsletters", folder));
        await WriteAsync(Own + "30-c.csx", "FileInto(\"Newsleters\");\n");
        (code, _, error) = await _server.CommandAsync("rules", "check", "--users");
        Assert.Equal((0, true), (code, error.StartsWith("alice@example.org/30-c.csx(1,10): warning RULE002 \"Newsleters\" would be a new folder: did you mean \"Newsletters\"?", StringComparison.Ordinal)));
        File.Delete(_server.File(Own + "30-c.csx"));
        Assert.Equal((0, "own scripts of 1 account: good\n", ""), await _server.CommandAsync("rules", "check", "--users"));

        // Of the three one goes another way: what her own scripts do with the others they do with both versions.
        (code, output, _) = await _server.CommandAsync("rules", "diff", _server.File("old"), "--account", "alice@example.org", "--json");
        var group = Assert.Single(JsonDocument.Parse(output).RootElement.GetProperty("groups").EnumerateArray());
        Assert.Equal((1, "INBOX, $Own", "Global", 1), (code, group.GetProperty("from").GetString(), group.GetProperty("to").GetString(), group.GetProperty("count").GetInt32()));

        (code, output, error) = await _server.CommandAsync("rules", "apply", "--account", "alice@example.org", "--do");
        Assert.Equal((0, ""), (code, error));
        Assert.Contains("3 messages changed", output);
        Assert.Single(Directory.GetFiles(Path.Combine(Maildir, ".Mine", "cur")));
        Assert.Single(Directory.GetFiles(Path.Combine(Maildir, ".Global", "cur")));

        var story = (await _server.CommandAsync("explain", "<1@shop.example>")).Output.ReplaceLineEndings(" ").Replace("             ", " ", StringComparison.Ordinal);
        Assert.Contains(", for alice@example.org/10-a.csx:1", story);
        Assert.Contains("asked     alice@example.org/10-a.csx: Subject is \"receipt 1\"", story);
        Assert.Contains("the scripts as they are now: Mine, $Own, by alice@example.org/10-a.csx:1 FileInto(\"Mine\")", story);

        // The administrators' script of that name, her own of that name, and one that only she has.
        Assert.Contains("1 message changed", (await _server.CommandAsync("undo", "--rule", "10-a.csx", "--since", "1d")).Output);
        Assert.Empty(Directory.GetFiles(Path.Combine(Maildir, ".Global", "cur")));
        Assert.Single(Directory.GetFiles(Path.Combine(Maildir, ".Mine", "cur")));
        (code, _, error) = await _server.CommandAsync("undo", "--rule", "20-b.csx", "--since", "1d");
        Assert.Equal((1, true), (code, error.Contains("--rule alice@example.org/20-b.csx", StringComparison.Ordinal)));
        Assert.Contains("1 message changed", (await _server.CommandAsync("undo", "--rule", "alice@example.org/10-a.csx", "--since", "1d")).Output);
        Assert.Empty(Directory.GetFiles(Path.Combine(Maildir, ".Mine", "cur")));
        Assert.Equal(2, (await _server.CommandAsync("undo", "--rule", "alice@example.org/10-a.csx", "--since", "1d", "--account", "bob@example.org")).Code);
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
