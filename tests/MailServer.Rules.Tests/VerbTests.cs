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
        // Flags of RFC 5232, of all copies and of one.
        ("AddFlag(Seen); AddFlag(\"$X\"); RemoveFlag(@\"\\SEEN\");", "INBOX", "$X", false, "1 RemoveFlag(\"\\\\SEEN\")"),
        ("RemoveFlag(\"$Never\");", "INBOX", "", false, "1 RemoveFlag(\"$Never\")"),
        ("AddFlag(Seen); SetFlags([\"$A\", \"$B\"]);", "INBOX", "$A $B", false, "1 SetFlags([\"$A\", \"$B\"])"),
        ("AddFlag(Seen); SetFlags([]);", "INBOX", "", false, "1 SetFlags([])"),
        ("SetFlags([\"a b\", Seen]);", "INBOX", "\\Seen", false, "1 SetFlags([\"a b\", \"\\\\Seen\"])"),
        ("FileInto(\"A\", flags: [Seen, \"$X\"]); AddFlag(Flagged); CopyTo(\"B\");", "A{\\Seen,$X} B", "\\Flagged", false, "1 CopyTo(\"B\")"),
        ("CopyTo(\"A\", [\"$X\", \"no good\"]);", "INBOX A{$X}", "", false, "1 CopyTo(\"A\", [\"$X\", \"no good\"])"),
        ("FileInto(\"A\", flags: []);", "A{}", "", false, "1 FileInto(\"A\", [])"),
        ("for (var i = 0; i < 100; i++) AddFlag($\"k{i}\");", "INBOX", string.Join(' ', Enumerable.Range(0, 55).Select(i => $"k{i}")), false, "1 AddFlag(\"k99\"): more than 55 flags, ignored"),
        // Folders that are there, and those that the account means.
        ("FileInto(\"Work\", create: false);", "Work", "", false, "1 FileInto(\"Work\")"),
        ("FileInto(\"Wrok\", create: false);", "INBOX", "", false, "1 FileInto(\"Wrok\"): there is no such folder, kept in INBOX"),
        ("FileInto(Folders.Find(\"DEV\") ?? \"New\");", "Lists/dev", "", false, "1 FileInto(\"Lists/dev\")"),
        ("Junk();", "Spam", "$Junk", false, "1 Junk(): FileInto(\"Spam\"), AddFlag(\"$Junk\")"),
        ("AddFlag(\"$NotJunk\"); Junk();", "Spam", "$Junk", false, "1 Junk(): FileInto(\"Spam\"), AddFlag(\"$Junk\")"),
        ("Junk(); NotJunk();", "INBOX", "$NotJunk", false, "1 NotJunk(\"Spam\")"),
        ("Junk(); FileInto(\"A\"); NotJunk();", "A", "$NotJunk", false, "1 NotJunk(\"Spam\")"),
        ("NotJunk();", "INBOX", "$NotJunk", false, "1 NotJunk(\"Spam\")"),
        ("Discard(); NotJunk();", "-", "$NotJunk", false, "1 NotJunk(\"Spam\")"),
        ("Archive();", "Old", "", false, "1 Archive(): FileInto(\"Old\")"),
        // Refused only where nobody keeps it (RFC 5429).
        ("Reject(\"Go away.\");", "-!Go away.", "", false, "1 Reject(\"Go away.\")"),
        ("Reject(\"Go away.\"); Stop();", "-!Go away.", "", true, "1 Stop()"),
        ("Reject(\"Go away.\"); FileInto(\"A\");", "A", "", false, "1 FileInto(\"A\")"),
        ("CopyTo(\"A\"); Reject(\"Go away.\");", "A", "", false, "1 Reject(\"Go away.\")"),
        ("Keep(); Reject(\"Go away.\");", "INBOX", "", false, "1 Reject(\"Go away.\")"),
        ("Reject(\"Go away.\"); throw new FormatException();", "INBOX", "", true, "1 failed, kept in INBOX: FormatException: *"),
        // What is sent: the mail itself, answers, notices.
        ("Redirect(\"books@b.example\");", "->books@b.example", "", false, "1 Redirect(\"books@b.example\")"),
        ("Redirect(\"books@B.Example\", copy: true);", "INBOX>books@b.example", "", false, "1 Redirect(\"books@B.Example\", copy: true)"),
        ("Redirect(\"b@b.example\"); FileInto(\"A\");", "A>b@b.example", "", false, "1 FileInto(\"A\")"),
        ("Redirect(\"b@bücher.example\");", "->b@xn--bcher-kva.example", "", false, "1 Redirect(\"b@bücher.example\")"),
        ("Redirect(\"b@b.example\"); Reject(\"no\");", "->b@b.example", "", false, "1 Reject(\"no\")"),
        ("Redirect(\"b@b.example\"); throw new FormatException();", "INBOX", "", true, "1 failed, kept in INBOX: FormatException: *"),
        ("Redirect(\"nobody\");", "INBOX", "", false, "1 Redirect(\"nobody\"): not an address, kept in INBOX"),
        ("Redirect(\"a b@c.example\");", "INBOX", "", false, "1 Redirect(\"a b@c.example\"): not an address, kept in INBOX"),
        ("Redirect(\"a\\r\\nRCPT@c.example\");", "INBOX", "", false, "1 Redirect(\"a??RCPT@c.example\"): not an address, kept in INBOX"),
        ("Redirect(\"a@[127.0.0.1]\");", "INBOX", "", false, "1 Redirect(\"a@[127.0.0.1]\"): not an address, kept in INBOX"),
        ("Redirect(\"Alice+x@example.org\");", "INBOX", "", false, "1 Redirect(\"Alice+x@example.org\"): that is this account, kept in INBOX"),
        ("Redirect(null!, copy: true);", "INBOX", "", false, "1 Redirect(null, copy: true): not an address, not sent on"),
        ("for (var i = 0; i < 9; i++) Redirect($\"a{i}@b.example\");", "INBOX>a0@b.example>a1@b.example>a2@b.example>a3@b.example>a4@b.example", "", false, "1 Redirect(\"a8@b.example\"): more than 5 addresses, kept in INBOX"),
        ("Vacation(\"away\");", "INBOX~away", "", false, "1 Vacation(\"away\")"),
        ("Vacation(\"away\"); Vacation(\"again\");", "INBOX~away", "", false, "1 Vacation(\"again\"): another rule has answered, ignored"),
        ("Vacation(\" \");", "INBOX", "", false, "1 Vacation(\" \"): an answer needs a text, ignored"),
        ("Discard(); Vacation(\"away\", days: 1000);", "-~away", "", false, "1 Vacation(\"away\")"),
        ("Notify(\"me@phone.example\", \"hello\"); Notify(\"x\");", "INBOX~me@phone.example:hello", "", false, "1 Notify(\"x\"): not an address, nobody is told"),
        ("Notify(\"alice@example.org\");", "INBOX", "", false, "1 Notify(\"alice@example.org\"): not told, that is this account"),
        // Notes of this account; one mail meets what it noted itself.
        ("if (!Remembers(\"a\")) Remember(\"a\", 1.Days(), \"A\"); FileInto(Recall(\"a\"));", "A", "", false, "1 FileInto(\"A\")"),
        ("Remember(\"a\", 1.Days()); Forget(\"a\"); if (Remembers(\"a\")) Discard();", "INBOX", "", false, "1 Forget(\"a\")"),
        ("if (Remembers(\"known\")) FileInto(Recall(\"known\"));", "Known", "", false, "1 FileInto(\"Known\")"),
        ("Forget(\"known\"); if (Remembers(\"known\")) Discard();", "INBOX", "", false, "1 Forget(\"known\")"),
        ("if (Remembers(\"over\")) Discard();", "INBOX", "", false, ""),
        ("Remember(\"\", 1.Days());", "INBOX", "", false, "1 Remember(\"\"): a note needs a key and a time, ignored"),
        ("Remember(\"x\", -1.Days());", "INBOX", "", false, "1 Remember(\"x\"): a note needs a key and a time, ignored"),
        ("for (var i = 0; i < 100; i++) Remember($\"x{i}\", 1.Days());", "INBOX", "", false, "1 Remember(\"x99\"): more than 32 notes, ignored"),
        ("if (IsDuplicate()) Discard(); if (IsDuplicate(2.Hours())) FileInto(\"Twice\");", "Twice", "", false, "1 FileInto(\"Twice\")"),
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
            var delivery = alone.Decide(Letter(), Alice(), Delivery.Keep);
            var folders = delivery.Folder is { } folder
                ? string.Join(' ', delivery.Copies.Prepend(folder).Select(name => delivery.FlagsIn.TryGetValue(name, out var own) ? $"{name}{{{string.Join(',', own)}}}" : name.Value))
                : "-";
            if (delivery.Refusal is { } refusal)
                folders += $"!{refusal}";
            folders += string.Concat(delivery.Redirects.Select(address => $">{address}")) + string.Concat(delivery.Answers.Select(answer => $"~{(answer.To is { } to ? $"{to}:" : "")}{answer.Text}"));
            var last = delivery.Steps is [.., var step] ? $"{step.Line} {step.Action}" : "";
            var (text, expectedFolders, flags, isFinal, lastStep) = Table[i];
            if (folders != expectedFolders || string.Join(' ', delivery.Flags) != flags || delivery.IsFinal != isFinal || !Fits(lastStep, last))
                wrong.Add($"{text}\n  expected {expectedFolders} | {flags} | {isFinal} | {lastStep}\n  was      {folders} | {string.Join(' ', delivery.Flags)} | {delivery.IsFinal} | {last}");
        }

        Assert.Empty(wrong);
    }

    // From a person to Alice: what may be answered.
    private static Mail Letter() => new(new Facts
    {
        Origin = new() { Sender = "a@sender.example" },
        Header = { ["Subject"] = ["x"], ["X-Evil"] = ["/etc/passwd"], ["To"] = ["alice@example.org"] },
    });

    private static RecipientFacts Alice()
    {
        var notes = new NotesDraft(null);
        notes.Write([new("known", "Known", DateTimeOffset.MaxValue), new("over", "", new(2026, 11, 1, 0, 0, 0, TimeSpan.Zero))]);
        return To.Anybody with { Folders = [new("INBOX"), new("Work"), new("Spam"), new("Old", "\\Archive"), new("Lists/dev")], Notes = notes };
    }

    [Fact]
    public void Every_combination_of_two_scripts_where_the_second_fails_leaves_what_the_first_decided()
    {
        Action<RuleGlobals>[] verbs =
        [
            rule => rule.Keep(), rule => rule.FileInto("A", ["$One"]), rule => rule.CopyTo("B"), rule => rule.Discard(), rule => rule.AddFlag("$X"), rule => rule.RemoveFlag("$X"),
            rule => rule.SetFlags(["$Y"]), rule => rule.Junk(), rule => rule.NotJunk(), rule => rule.Archive(), rule => rule.Reject("no"), rule => rule.Remember("k", 1.Days()), rule => rule.Forget("k"), rule => rule.Redirect("b@b.example"), rule => rule.Redirect("c@c.example", copy: true), rule => rule.Notify("me@phone.example"), _ => { },
        ];
        foreach (var first in verbs)
            foreach (var second in verbs)
                foreach (var third in verbs)
                {
                    var (plan, alone) = (new DeliveryPlan(Delivery.Keep), new DeliveryPlan(Delivery.Keep));
                    plan.Begin("1", "v");
                    alone.Begin("1", "v");
                    first(new(Facts.Mail(), Alice(), plan));
                    first(new(Facts.Mail(), Alice(), alone));
                    plan.Begin("2", "v");
                    second(new(Facts.Mail(), Alice(), plan));
                    third(new(Facts.Mail(), Alice(), plan));
                    plan.Fail(1, "x");
                    alone.Begin("2", "v");
                    alone.Fail(1, "x");
                    Assert.Equal(Shown(alone), Shown(plan));
                    Assert.Contains(FolderName.Inbox, plan.ToDelivery() is var got && got.Folder is { } folder ? got.Copies.Prepend(folder) : []);
                }

        static string Shown(DeliveryPlan plan) => plan.ToDelivery() is var delivery
            ? $"{delivery.Folder} {string.Join(' ', delivery.Copies)} {string.Join(' ', delivery.Flags)} {string.Join(' ', delivery.FlagsIn.Select(own => own.Key + string.Join(',', own.Value)))} {delivery.Refusal} {string.Join(' ', delivery.Redirects)} {string.Join(' ', delivery.Answers.Select(answer => answer.To))} {string.Join(' ', plan.Notes)} {string.Join(' ', delivery.Steps)}"
            : "";
    }

    private static bool Fits(string pattern, string text) =>
        System.IO.Enumeration.FileSystemName.MatchesSimpleExpression(pattern.Replace("\\", "\\\\", StringComparison.Ordinal), text)
        || pattern == text;
}
