using MailServer.Pipeline;
using MailServer.Storage;

namespace MailServer.Rules.Tests;

/// <summary>Stored mail is shown to rules as it was when it came, and two versions of rules are compared over it.</summary>
public sealed class DiffTests
{
    private const string Old = """
        if (Mail.JunkScore >= 5) { FileInto("Junk"); Stop(); }
        if (Mail.Subject.Has("boom")) throw new InvalidOperationException("old");
        if (Detail == "shop") FileInto("Shopping");
        """;

    private const string New = """
        if (Mail.JunkScore >= 8) { FileInto("Junk"); Stop(); }
        if (Mail.IsAuthentic) AddFlag("$Authentic");
        if (Mail["Received"].Values.Count != 1) AddFlag("$Received");
        if (Mail["Return-Path"].Exists) AddFlag("$ReturnPath");
        if (Mail.Size == 4711) CopyTo("Sized");
        if (Mail.HasAttachment("*.pdf")) CopyTo("Paper");
        if (Detail == "shop") FileInto("Shopping");
        """;

    private static readonly Lazy<Task<(RuleVersion Old, RuleVersion New)>> Versions = new(async () =>
    {
        await using var host = new Host();
        host.Write("10.csx", Old);
        var old = await RuleVersion.LoadAsync(host.Options, default);
        host.Write("10.csx", New);
        var newer = await RuleVersion.LoadAsync(host.Options, default);
        Assert.True(old.IsWhole && newer.IsWhole, string.Join('\n', old.Diagnostics.Concat(newer.Diagnostics)));
        return (old, newer);
    });

    [Fact]
    public async Task A_message_is_judged_by_what_was_known_when_it_came()
    {
        using var box = new Box();
        box.Add("100.a.h", Box.Trace("id1", "Authentication-Results: mx.example.org; dmarc=pass\n") + "Received: from elsewhere\nSubject: hello\n\nbody\n",
            """{"time":"2026-11-24T10:00:00+00:00","event":"delivered","folder":"INBOX","message":"100.a.h","delivery":{"id":"id1","recipient":"alice+shop@example.org","size":4711,"score":6}}""");
        var report = await RunAsync(box);
        var group = Assert.Single(report.Groups);
        Assert.Equal(("Junk", "Shopping + Sized, $Authentic"), (group.From, group.To));
        Assert.Equal((1, 0, 0, 1), (report.Messages, report.Unchanged, report.WithoutFacts, report.Changed));
    }

    [Fact]
    public async Task What_only_looks_like_ours_is_part_of_the_message()
    {
        using var box = new Box();
        // The journal knows it under another name: then the fields on top are not ours, and prove nothing.
        box.Add("100.a.h", Box.Trace("other", "Authentication-Results: mx.example.org; dmarc=pass\n") + "Received: from elsewhere\nSubject: hello\n\nbody\n",
            """{"time":"2026-11-24T10:00:00+00:00","event":"delivered","folder":"INBOX","message":"100.a.h","delivery":{"id":"id1","size":10}}""");
        Assert.Equal("INBOX, $Received $ReturnPath", Assert.Single((await RunAsync(box)).Groups).To);
    }

    [Fact]
    public async Task A_message_that_was_moved_since_keeps_what_was_known()
    {
        using var box = new Box();
        box.Add("300.c.h", Box.Trace("id1", "") + "Received: from elsewhere\nSubject: hello\n\nbody\n",
            """{"time":"2026-11-24T10:00:00+00:00","event":"delivered","folder":"INBOX","message":"100.a.h","delivery":{"id":"id1","size":10,"score":9}}""",
            """{"time":"2026-11-24T10:01:00+00:00","event":"copied","folder":"A","message":"200.b.h","from":{"folder":"INBOX","message":"100.a.h"}}""",
            """{"time":"2026-11-24T10:02:00+00:00","event":"moved","folder":"INBOX","message":"300.c.h","from":{"folder":"A","message":"200.b.h"}}""");
        var report = await RunAsync(box);
        Assert.Equal((1, 0), (report.Unchanged, report.WithoutFacts));
    }

    [Fact]
    public async Task Failures_are_told_with_their_line_and_count()
    {
        using var box = new Box();
        for (var i = 0; i < 3; i++)
            box.Add($"10{i}.a.h", "Received: x\nSubject: boom\nContent-Type: application/pdf; name=x.pdf\n\nbody\n");
        box.Add("200.a.h", "Received: x\nSubject: fine\n\nbody\n");
        var report = await RunAsync(box);
        Assert.Equal([new RuleDiffFailure("old", "10.csx", 2, "failed, kept in INBOX: InvalidOperationException: old", 3)], report.Failures);
        var group = Assert.Single(report.Groups);
        Assert.Equal(("INBOX", "INBOX + Paper", 3), (group.From, group.To, group.Count));
        Assert.Equal((4, 1, 4), (report.Messages, report.Unchanged, report.WithoutFacts));
        Assert.Equal("10.csx:2 failed, kept in INBOX: InvalidOperationException: old", group.Examples[0].OldStep);
    }

    [Fact]
    public async Task Nothing_is_written()
    {
        using var box = new Box();
        box.Add("100.a.h", "Received: x\nSubject: boom\n\nbody\n");
        var before = Tree(box.Path);
        await RunAsync(box);
        Assert.Equal(before, Tree(box.Path));
    }

    private static string[] Tree(string path) =>
        [.. Directory.EnumerateFileSystemEntries(path, "*", SearchOption.AllDirectories).Select(entry => $"{entry} {File.GetLastWriteTimeUtc(entry):O}").Order(StringComparer.Ordinal)];

    private static async Task<RuleDiffReport> RunAsync(Box box)
    {
        var (old, newer) = await Versions.Value;
        return await new RuleDiff(MailReplay.Open(box.Path, MaildirLayout.MaildirPlusPlus, null, "mx.example.org"))
            .RunAsync(new TrustedRules(old.Rules, old.Id), new TrustedRules(newer.Rules, newer.Id), null, TestContext.Current.CancellationToken);
    }
}
