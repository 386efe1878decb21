using MailServer.Pipeline;
using MailServer.Storage;

namespace MailServer.Rules.Tests;

/// <summary>The administrators' scripts and an account's own are asked one after the other about stored mail, as at a delivery.</summary>
[Collection("workers")]
public sealed class ChainTests
{
    // What the administrators' script and the account's own say; what comes of both.
    [Theory]
    [InlineData("FileInto(\"A\"); AddFlag(\"$x\");", "CopyTo(\"B\"); RemoveFlag(\"$x\");", "A + B", true)]
    [InlineData("FileInto(\"A\"); Stop();", "FileInto(\"B\");", "A", false)]
    [InlineData("Junk();", "NotJunk();", "INBOX, $NotJunk", true)]
    [InlineData("Discard();", "Keep();", "INBOX", true)]
    [InlineData("throw new InvalidOperationException(\"no\");", "FileInto(\"B\");", "INBOX", false)]
    public async Task What_one_decides_the_next_may_add_to(string global, string own, string outcome, bool isOwnAsked)
    {
        await using var chain = await Chain.MakeAsync(global, own);
        var decided = await new ChainedRules([new TrustedRules(chain.Global.Rules, "1"), new UntrustedRules(chain.Own, "2")])
            .DecideAsync(new Facts(), To.Anybody, Delivery.Keep, default);
        Assert.Equal(outcome, RuleDiff.OutcomeOf(decided));
        Assert.Equal(isOwnAsked, decided.Steps.Any(step => step.IsOwn));
        Assert.Contains(decided.Steps, step => !step.IsOwn);
    }

    [Fact]
    public async Task A_diff_of_administrators_scripts_shows_what_remains_of_it_after_the_accounts_own()
    {
        await using var old = await Chain.MakeAsync("FileInto(\"A\");", "if (Mail.Subject.Has(\"mine\")) { FileInto(\"Mine\"); Stop(); }");
        await using var other = await Chain.MakeAsync("if (!Mail.Subject.Has(\"mine\")) FileInto(\"B\");", "");
        using var box = new Box();
        box.Add("100.a.h", "Subject: mine\n\nbody\n");
        box.Add("101.a.h", "Subject: hello\n\nbody\n");
        var own = new UntrustedRules(old.Own, "own");
        var report = await new RuleDiff(Open(box)).RunAsync(
            new ChainedRules([new TrustedRules(old.Global.Rules, "1"), own]), new ChainedRules([new TrustedRules(other.Global.Rules, "2"), own]), null, default);
        Assert.Equal([("A + Mine", "Mine"), ("A", "B")], report.Groups.OrderByDescending(group => group.From.Length).Select(group => (group.From, group.To)));
        Assert.Equal("alice@example.org/10.csx:1 FileInto(\"Mine\")", report.Groups.Single(group => group.To == "Mine").Examples[0].NewStep);
    }

    [Fact]
    public async Task An_apply_names_the_accounts_own_script_as_such()
    {
        await using var chain = await Chain.MakeAsync("AddFlag(\"$x\");", "FileInto(\"Mine\");");
        using var box = new Box();
        box.Add("100.a.h", "Subject: x\n\nbody\n");
        List<MailChange> changes = [];
        await foreach (var change in new RuleApply(Open(box)).ChangesAsync(
            new ChainedRules([new TrustedRules(chain.Global.Rules, "1"), new UntrustedRules(chain.Own, "2")]), null, null, null, TestContext.Current.CancellationToken))
            changes.Add(change);
        var only = Assert.Single(changes);
        Assert.Equal(("Mine", "10.csx", true), (only.To, only.Why?.Rule, only.Why?.IsOwn));
        Assert.Equal(["$x"], only.Adds);
    }

    [Fact]
    public async Task A_trace_tells_what_the_accounts_own_scripts_asked_over_the_pipe()
    {
        await using var chain = await Chain.MakeAsync("if (Mail.From.IsIn(\"b.example\")) FileInto(\"A\");", "if (Mail.Subject.Has(\"hello\")) { FileInto(\"Mine\"); Stop(); }");
        chain.Users.Write("alice@example.org", "20.csx", "FileInto(\"Never\");");
        using var box = new Box();
        box.Add("100.a.h", "From: ann@a.example\nSubject: hello\n\nbody\n");
        var replay = Open(box);
        var own = await chain.Users.FindAsync("alice@example.org");
        var trace = await RuleTrace.OfAsync(chain.Global.Rules, own, replay, replay.Files[0], default);
        Assert.Equal(
            ["10.csx False: From=\"ann@a.example\"", "10.csx True: Subject=\"hello\""],
            trace.Scripts.Select(script => $"{script.File} {script.IsOwn}: {string.Join(' ', script.Questions.Select(question => $"{question.Name}={question.Value}"))}"));
        Assert.Equal(("Mine", "10.csx", 1, true), (trace.Delivery.Folder?.Value, trace.Deciding?.Rule, trace.Deciding?.Line ?? 0, trace.Deciding?.IsOwn));
        Assert.Equal(trace.Deciding?.Version, own.VersionOf("10.csx"));
    }

    private static MailReplay Open(Box box) => MailReplay.Open(box.Path, MaildirLayout.MaildirPlusPlus, null, "mx.example.org", "alice@example.org");

    private sealed class Chain : IAsyncDisposable
    {
        public required UserHost Users { get; init; }

        public required RuleVersion Global { get; init; }

        public required UserRuleSet Own { get; init; }

        public static async Task<Chain> MakeAsync(string global, string own)
        {
            await using var host = new Host();
            host.Write("10.csx", global);
            var users = new UserHost();
            users.Write("alice@example.org", "10.csx", own);
            var version = await RuleVersion.LoadAsync(host.Options, default);
            Assert.True(version.IsWhole, string.Join('\n', version.Diagnostics));
            return new() { Users = users, Global = version, Own = await users.FindAsync("alice@example.org") };
        }

        public async ValueTask DisposeAsync()
        {
            Global.Dispose();
            await Users.DisposeAsync();
        }
    }
}
