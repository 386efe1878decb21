using MailServer.TestKit;

namespace MailServer.Rules.Tests;

/// <summary>Verbs and nouns: each row is a script and what becomes of a mail.</summary>
public sealed class VerbTests
{
    // text | subject | folders, flags, final, and the last step
    private static readonly (string Text, string Folders, string Flags, bool IsFinal, string LastStep)[] Table =
    [
        ("", "INBOX", "", false, ""),
        ("Keep();", "INBOX", "", false, "1 Keep()"),
        ("FileInto(\"A\");", "A", "", false, "1 FileInto(\"A\")"),
        ("FileInto(\"A\"); FileInto(\"B\");", "A B", "", false, "1 FileInto(\"B\")"),
        ("FileInto(\"A\");\nFileInto(\"A\");", "A", "", false, "2 FileInto(\"A\")"),
        ("FileInto(\"A\"); Keep();", "A INBOX", "", false, "1 Keep()"),
        ("FileInto(\"inbox\");", "INBOX", "", false, "1 FileInto(\"inbox\")"),
        ("CopyTo(\"A\");", "INBOX A", "", false, "1 CopyTo(\"A\")"),
        ("CopyTo(\"A\"); FileInto(\"B\");", "A B", "", false, "1 FileInto(\"B\")"),
        ("CopyTo(\"A\"); Discard();", "A", "", false, "1 Discard()"),
        ("Discard();", "-", "", false, "1 Discard()"),
        ("Discard(); Keep();", "INBOX", "", false, "1 Keep()"),
        ("AddFlag(Seen); AddFlag(\"$X\"); AddFlag(\"$x\");", "INBOX", "\\Seen $X", false, "1 AddFlag(\"$x\")"),
        ("FileInto(\"A\");\n\nStop();\nFileInto(\"B\");", "A", "", true, "3 Stop()"),
        ("void F() { Stop(); }\nF();\nFileInto(\"B\");", "INBOX", "", true, "1 Stop()"),
        ("foreach (var x in new[] { 1, 2 }) { FileInto($\"F{x}\"); if (x == 1) Stop(); }", "F1", "", true, "1 Stop()"),
        // What cannot be a folder means INBOX.
        ("FileInto(\"../../etc\");", "INBOX", "", false, "1 FileInto(\"../../etc\"): not a folder name, kept in INBOX"),
        ("FileInto(\"\");", "INBOX", "", false, "1 FileInto(\"\"): not a folder name, kept in INBOX"),
        ("FileInto(\"a//b\");", "INBOX", "", false, "1 FileInto(\"a//b\"): not a folder name, kept in INBOX"),
        ("FileInto(\"a\\u0000b\");", "INBOX", "", false, "1 FileInto(\"a?b\"): not a folder name, kept in INBOX"),
        ("FileInto(Mail[\"X-Evil\"]);", "INBOX", "", false, "1 FileInto(\"/etc/passwd\"): not a folder name, kept in INBOX"),
        ("FileInto(null!);", "INBOX", "", false, "1 FileInto(null): not a folder name, kept in INBOX"),
        ("CopyTo(\"..\");", "INBOX", "", false, "1 CopyTo(\"..\"): not a folder name, no copy made"),
        ("AddFlag(\"a b\");", "INBOX", "", false, "1 AddFlag(\"a b\"): not a flag or keyword, ignored"),
        ("AddFlag(\"\\\\Recent\");", "INBOX", "", false, "1 AddFlag(\"\\\\Recent\"): not a flag or keyword, ignored"),
        ("for (var i = 0; i < 100; i++) FileInto($\"F{i}\");", string.Join(' ', Enumerable.Range(0, 32).Select(i => $"F{i}")), "", false, "1 FileInto(\"F99\"): more than 32 folders, ignored"),
        // Failures: what the script did is undone, the mail is kept.
        ("FileInto(\"A\"); AddFlag(Seen);\nthrow new InvalidOperationException(\"oops\\nhere\");", "INBOX", "", true, "2 failed, kept in INBOX: InvalidOperationException: oops here"),
        ("FileInto(\"A\");\nwhile (true) { }", "INBOX", "", true, "2 failed, kept in INBOX: the script took too many steps: an endless loop?"),
        ("for (;;) ;", "INBOX", "", true, "1 failed, kept in INBOX: the script took too many steps: an endless loop?"),
        ("do { } while (true);", "INBOX", "", true, "1 failed, kept in INBOX: the script took too many steps: an endless loop?"),
        ("again: goto again;", "INBOX", "", true, "1 failed, kept in INBOX: the script took too many steps: an endless loop?"),
        ("IEnumerable<int> Forever() { while (true) yield return 1; }\nforeach (var x in Forever()) { }", "INBOX", "", true, "? failed, kept in INBOX: the script took too many steps: an endless loop?"),
        ("Enumerable.Range(0, int.MaxValue).Count(x => x < 0);", "INBOX", "", true, "1 failed, kept in INBOX: the script took too many steps: an endless loop?"),
        ("int F(int n) => F(n + 1) + 1;\nF(0);", "INBOX", "", true, "1 failed, kept in INBOX: *"),
        ("Func<int, int> f = null!;\nf = n => f(n) + 1;\nf(0);", "INBOX", "", true, "2 failed, kept in INBOX: *"),
        ("try { while (true) { } } catch { }\nFileInto(\"A\");", "INBOX", "", true, "? failed, kept in INBOX: *"),
        ("int zero = 0;\nFileInto($\"{1 / zero}\");", "INBOX", "", true, "2 failed, kept in INBOX: DivideByZeroException: Attempted to divide by zero."),
    ];

    [Fact]
    public async Task Each_script_does_what_it_says()
    {
        await using var host = new Host();
        using var other = new TempDirectory();
        for (var i = 0; i < Table.Length; i++)
            host.Write($"{i:000}.csx", Table[i].Text);
        var checks = await RuleEngine.CheckAsync(host.Options, [host.Scripts], default);
        Assert.All(checks, check => Assert.True(check.IsGood, string.Join('\n', check.Diagnostics)));

        // Each alone: all in one engine would meet what the others decided.
        var engine = await host.StartAsync();
        Assert.Empty(engine.Status().Rules.Where(rule => rule.State != RuleState.Live).Select(rule => $"{rule.File}: {Table[int.Parse(rule.File[..3], null)].Text} {rule.State}"));
        var wrong = new List<string>();
        for (var i = 0; i < Table.Length; i++)
        {
            var rule = engine.Current.Rules.Single(loaded => loaded.File == $"{i:000}.csx");
            var alone = new RuleSet([rule], StepBudget.Default, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);
            var delivery = alone.Decide(Facts.Mail("x", ("X-Evil", "/etc/passwd")), To.Anybody, Delivery.Keep);
            var folders = delivery.Folder is { } folder ? string.Join(' ', delivery.Copies.Prepend(folder)) : "-";
            var last = delivery.Steps is [.., var step] ? $"{step.Line} {step.Action}" : "";
            var (text, expectedFolders, flags, isFinal, lastStep) = Table[i];
            if (folders != expectedFolders || string.Join(' ', delivery.Flags) != flags || delivery.IsFinal != isFinal || !Fits(lastStep, last))
                wrong.Add($"{text}\n  expected {expectedFolders} | {flags} | {isFinal} | {lastStep}\n  was      {folders} | {string.Join(' ', delivery.Flags)} | {delivery.IsFinal} | {last}");
        }

        Assert.Empty(wrong);
    }

    private static bool Fits(string pattern, string text) =>
        System.IO.Enumeration.FileSystemName.MatchesSimpleExpression(pattern.Replace("\\", "\\\\", StringComparison.Ordinal), text)
        || pattern == text;
}
