using MailServer.Pipeline;
using MailServer.Storage;

namespace MailServer.Rules.Tests;

/// <summary>What rules ask for of mail that is there already, and what they ask of it.</summary>
public sealed class ApplyTests
{
    private const string Rule = """
        if (Mail.Subject.Has("file")) FileInto("A");
        if (Mail.Subject.Has("copy")) CopyTo("B");
        if (Mail.Subject.Has("flag")) AddFlag("$x");
        if (Mail.Subject.Has("keep")) Keep();
        if (Mail.Subject.Has("drop")) Discard();
        if (Mail.Subject.Has("throw")) throw new InvalidOperationException("no");
        """;

    private static readonly Lazy<Task<RuleVersion>> Version = new(async () =>
    {
        await using var host = new Host();
        host.Write("10.csx", Rule);
        var version = await RuleVersion.LoadAsync(host.Options, default);
        Assert.True(version.IsWhole, string.Join('\n', version.Diagnostics));
        return version;
    });

    // Where it lies and its subject; what is to be done with it.
    [Theory]
    [InlineData("INBOX", "hello", "")]
    [InlineData("C", "hello", "")]
    [InlineData("INBOX", "file", "to A")]
    [InlineData("A", "file", "")]
    [InlineData("C", "file", "to A")]
    [InlineData("INBOX", "file copy", "to A, copy in B")]
    [InlineData("A", "file copy", "copy in B")]
    [InlineData("INBOX", "copy", "copy in B")]
    [InlineData("C", "flag", "+$x")]
    [InlineData("INBOX", "file flag", "to A, +$x")]
    [InlineData("C", "keep", "to INBOX")]
    [InlineData("INBOX", "keep file", "copy in A")]
    [InlineData("INBOX", "drop", "")]
    [InlineData("C", "throw", "")]
    public async Task A_message_goes_where_rules_say_and_stays_where_they_say_nothing(string folder, string subject, string expected)
    {
        using var box = new Box();
        box.AddTo(folder, "100.a.h", $"Subject: {subject}\n\nbody\n");
        var (apply, changes) = await ChangesAsync(box);
        Assert.Equal(expected.Length == 0 ? [] : [expected], changes.Where(change => change.To is not null || change.Copies is not null || change.Adds!.Count > 0).Select(Shown));
        Assert.Equal((subject == "throw" ? 1 : 0, subject == "drop" ? 1 : 0, 1), (apply.Failed, apply.Discarded, apply.Seen));
    }

    [Fact]
    public async Task A_copy_that_was_made_at_its_delivery_is_not_made_again()
    {
        using var box = new Box();
        const string Line = """{"time":"2026-11-24T10:00:00+00:00","event":"delivered","folder":"#","message":"%","delivery":{"id":"id1","recipient":"alice@example.org","size":10}}""";
        box.AddTo("A", "100.a.h", "Subject: file copy\n\nbody\n", Line.Replace("#", "A").Replace("%", "100.a.h"));
        box.AddTo("B", "101.a.h", "Subject: file copy\n\nbody\n", Line.Replace("#", "B").Replace("%", "101.a.h"));
        var (_, changes) = await ChangesAsync(box);
        Assert.All(changes, change => Assert.True(change is { To: null, Copies: null }, Shown(change)));
    }

    [Fact]
    public async Task Only_the_folder_and_the_time_asked_for_are_gone_over()
    {
        using var box = new Box();
        box.Add("100.a.h", "Subject: file\n\nbody\n", """{"time":"2026-11-20T10:00:00+00:00","event":"delivered","folder":"INBOX","message":"100.a.h","delivery":{"id":"id1"}}""");
        box.Add("101.a.h", "Subject: file\n\nbody\n", """{"time":"2026-11-24T10:00:00+00:00","event":"delivered","folder":"INBOX","message":"101.a.h","delivery":{"id":"id2"}}""");
        box.AddTo("C", "102.a.h", "Subject: file\n\nbody\n");
        var (apply, changes) = await ChangesAsync(box, FolderName.Inbox, new(2026, 11, 22, 0, 0, 0, TimeSpan.Zero));
        Assert.Equal("101.a.h", Assert.Single(changes).Message);
        Assert.Equal(1, apply.Seen);
    }

    [Fact]
    public async Task A_file_that_was_renamed_meanwhile_is_found()
    {
        using var box = new Box();
        box.Add("100.a.h", "Subject: file\n\nbody\n");
        var replay = Open(box);
        File.Move(Path.Combine(box.Path, "cur", "100.a.h:2,"), Path.Combine(box.Path, "cur", "100.a.h:2,FS"));
        Assert.Equal("file", Assert.Single(replay.OpenMail(replay.Files[0]).Fields("Subject")));
        File.Delete(Path.Combine(box.Path, "cur", "100.a.h:2,FS"));
        Assert.ThrowsAny<IOException>(() => replay.OpenMail(replay.Files[0]));
    }

    [Fact]
    public async Task A_trace_tells_what_each_script_asked_up_to_the_one_that_stopped()
    {
        await using var host = new Host();
        host.Write("10.csx", "if (Mail.From.IsIn(\"a.example\") && Mail.Subject.Has(\"x\")) FileInto(\"A\");");
        host.Write("20.csx", "if (Mail.Subject.Has(\"hello\") && Detail == \"shop\") { FileInto(\"B\"); Stop(); }");
        host.Write("30.csx", "if (Mail.Size > 5) FileInto(\"C\");");
        using var version = await RuleVersion.LoadAsync(host.Options, default);
        using var box = new Box();
        box.Add("100.a.h", "From: Ann <ann@a.example>\nSubject: =?utf-8?q?hello_w=C3=B6rld?=\n\nbody\n",
            """{"time":"2026-11-24T10:00:00+00:00","event":"delivered","folder":"INBOX","message":"100.a.h","delivery":{"id":"id1","recipient":"alice+shop@example.org"}}""");
        var replay = Open(box);
        var trace = await RuleTrace.OfAsync(version.Rules, null, replay, replay.Files[0], default);
        Assert.Equal("B", trace.Delivery.Folder?.Value);
        Assert.Equal(
            ["10.csx: From=\"ann@a.example\" Subject=\"hello wörld\"", "20.csx: Subject=\"hello wörld\" Detail=\"shop\""],
            trace.Scripts.Select(script => $"{script.File}: {string.Join(' ', script.Questions.Select(question => $"{question.Name}={question.Value}"))}"));
    }

    private static MailReplay Open(Box box) => MailReplay.Open(box.Path, MaildirLayout.MaildirPlusPlus, null, "mx.example.org");

    private static async Task<(RuleApply Apply, List<MailChange> Changes)> ChangesAsync(Box box, FolderName? folder = null, DateTimeOffset? since = null)
    {
        var version = await Version.Value;
        var apply = new RuleApply(Open(box));
        List<MailChange> changes = [];
        await foreach (var change in apply.ChangesAsync(new TrustedRules(version.Rules, version.Id), folder, since, null, TestContext.Current.CancellationToken))
            changes.Add(change);
        return (apply, changes);
    }

    private static string Shown(MailChange change) => string.Join(", ", new[] { change.To is { } to ? $"to {to}" : null }
        .Concat(change.Copies?.Select(copy => $"copy in {copy.Folder}") ?? [])
        .Concat(change.Adds?.Select(flag => $"+{flag}") ?? [])
        .OfType<string>());
}
