using MailServer.TestKit;

namespace MailServer.Rules.Tests;

/// <summary>What a rule's author is told beside the compiler's words: what was meant, and what compiles but is hardly meant.</summary>
public sealed class AdviceTests
{
    // text | line, column, id and hint, one each
    private static readonly (string Text, string[] Hints)[] Mistakes =
    [
        ("if (Mail.Form.IsIn(\"a.example\")) Keep();", ["1,10 CS1061 did you mean From?"]),
        ("if (Mail.Subject.Contains(\"x\")) Keep();", ["1,5 CS1929 the question is .Has(\"text\")"]),
        ("if (Mail.Subject.Hass(\"x\")) Keep();", ["1,18 CS1061 did you mean Has?"]),
        ("if (Mail.Text.Has(\"x\")) Keep();", ["1,10 CS1061 the text is Mail.Body"]),
        ("if (Mail.Header(\"X\") == \"y\") Keep();", ["1,10 CS1061 any field is Mail[\"X-Name\"]"]),
        ("Keap();", ["1,1 CS0103 did you mean Keep?"]),
        ("fileinto(\"Work\");", ["1,1 CS0103 did you mean FileInto?"]),
        ("AddFlag(Read);", ["1,9 CS0103 the flag of read mail is Seen"]),
        ("AddFlag(seen);", ["1,9 CS0103 did you mean Seen?"]),
        ("Move(\"Work\");", ["1,1 CS0103 mail is moved with FileInto(\"Folder\")"]),
        ("if (Subject.Has(\"x\")) Keep();", ["1,5 CS0103 did you mean Mail.Subject?"]),
        ("if (mail.Subject.Has(\"x\")) Keep();", ["1,5 CS0103 did you mean Mail?"]),
        ("if (Mail.Subject().Has(\"x\")) Keep();", ["1,10 CS1955 a fact has no brackets behind it: Mail.Subject, not Mail.Subject()"]),
        ("Keep;", ["1,1 CS0201 a verb has brackets: Keep()"]),
        ("if (Mail.JunkScore > 5)\n    Junk;\n", ["2,5 CS0201 a verb has brackets: Junk()"]),
        ("if (Mail.Subject = \"x\") Keep();", ["1,5 CS0200 a single = sets, and a mail cannot be changed; == compares, and so does .Is(\"text\")"]),
        ("if (Mail.Subject.Has(\"a\") || \"b\") Keep();", ["1,5 CS0019 each side is a question of its own: Mail.Subject.Has(\"a\") || Mail.Subject.Has(\"b\"), or Mail.Subject.HasAny(\"a\", \"b\")"]),
        ("FileInto('Work');", ["1,10 CS1012 texts stand in double quotes: \"Work\""]),
        ("FileInto(5);", ["1,10 CS1503 texts and folders stand in double quotes, numbers do not"]),
        ("FileInto(\"Work);", ["1,10 CS1010 a text ends on the line it begins on: a \" is missing", "*"]),
        ("if (Mail.Subject.Matches(\"\\d+\")) Keep();", ["1,27 CS1009 in a text \\ begins a special character; with @ before the text it is itself: @\"\\d+\""]),
        ("FileInto();", ["1,1 CS7036 it is used as FileInto(folder, [flags], [create])"]),
        ("FileInto(\"A\")\nKeep();", ["1,14 CS1002 a statement ends with a semicolon"]),
        ("if (Mail.Subject.Has(\"x\") Keep();", ["1,27 CS1026 something that was opened is not closed: each ( needs its )"]),
        ("if (true)\n{\n    Keep();\n", ["3,12 CS1513 a block that { begins, } ends"]),
        ("string list = Mail.List;", ["1,15 CS8601 it may be null; ask first: if (Mail.List is { } list) ..."]),
        ("var file = new System.IO.Pipes.NamedPipeServerStream(\"x\");", ["1,26 CS0234 rules see the mail, texts, numbers, dates and lists, and nothing else"]),
    ];

    // text | line, column, id and what is said, one each; none where all is well
    private static readonly (string Text, string[] Said)[] Advice =
    [
        ("FileInto(\"Newsletters\"); FileInto(\"Newsleters\"); CopyTo(\"Newsletters\");", ["1,35 RULE002 \"Newsleters\" would be a new folder: did you mean \"Newsletters\"?"]),
        ("FileInto(\"Work/Apollo\"); CopyTo(\"work/apollo\");", ["1,33 RULE002 \"work/apollo\" would be a new folder: did you mean \"Work/Apollo\"?"]),
        ("FileInto(Mail.IsList ? \"Archvie\" : \"Other\");", ["1,24 RULE002 \"Archvie\" would be a new folder: did you mean \"Archive\"?"]),
        ("FileInto(\"Receipts/2025\"); FileInto(\"Receipts/2026\"); FileInto(\"Shop\"); FileInto(\"Show\"); FileInto(\"Work/A\"); FileInto(\"Work/B\");", []),
        ("FileInto(\"A\");\nStop();\nAddFlag(Seen);", ["3,1 RULE003 this is never reached: Stop() above it ends the rule"]),
        ("if (Mail.IsList)\n{\n    Stop();\n    FileInto(\"A\");\n}", ["4,5 RULE003 this is never reached: Stop() above it ends the rule"]),
        ("Sort();\nStop();\nvoid Sort() => FileInto(\"A\");", []),
        ("switch (Detail) { case \"a\": Keep(); Stop(); break; default: Discard(); break; }", []),
        ("Mail.Subject.Has(\"x\");", ["1,1 RULE004 the answer of Has is not used: put it into if (...)"]),
        ("Mail.Subject.Has(\"x\")", ["1,1 RULE004 the answer of Has is not used: put it into if (...)"]),
        ("var name = Detail;\nname.ToLowerInvariant();\nRemembers(\"x\");", ["2,1 RULE004 the answer of ToLowerInvariant is not used: put it into if (...)", "3,1 RULE004 the answer of Remembers is not used: put it into if (...)"]),
        ("IsDuplicate();\nvar seen = new HashSet<string>();\nseen.Add(Detail);", []),
        ("FileInto(Mail.Subject.Value);", ["1,10 RULE005 *"]),
        ("FileInto(Mail.Subject);", ["1,10 RULE005 *"]),
        ("FileInto($\"{Mail.From.Domain}/x\");", ["1,10 RULE005 *"]),
        ("FileInto(Mail[\"X-Folder\"].Value.Trim());", ["1,10 RULE005 *"]),
        ("if (Detail is { Length: > 0 } name)\n    FileInto(name);", ["2,14 RULE005 *"]),
        ("var to = Detail.ToLowerInvariant();\nif (to.Length > 0) CopyTo(to);", ["2,27 RULE005 *"]),
        ("if (Detail.Length > 0) FileInto(Detail + \"/x\");", ["1,33 RULE005 *"]),
        ("if (Mail.List is { } list) FileInto(list);", ["1,37 RULE005 *"]),
        ("string[] known = [\"a\", \"b\"];\nif (known.Contains(Detail)) FileInto(Detail);", []),
        ("if (Folders.Exists(Detail)) FileInto(Detail);", []),
        ("if (Detail is \"a\" or \"b\") FileInto(Detail);", []),
        ("if (Detail == \"a\") FileInto(Detail);", []),
        ("if (Folders.Find(Detail) is { } folder) FileInto(folder);", []),
        ("FileInto($\"Plus/{Detail}\"); FileInto(\"Lists/\" + Mail.List); FileInto($\"Receipts/{Mail.Date:yyyy}\");", []),
        ("if (Recall(\"thread:\" + Mail.Subject) is { Length: > 0 } folder) FileInto(folder);", []),
        ("if (Mail.List == \"Dev.Example\") Keep();", ["1,5 RULE006 List is always in lower case, so it is never \"Dev.Example\": write \"dev.example\""]),
        ("if (Mail.Auth.Spf.Result == \"Fail\") Keep();", ["1,5 RULE006 *"]),
        ("if (Mail.From.IsIn(\"@work.example\")) Keep();", ["1,20 RULE006 IsIn asks for a domain, and none has an @: .Is(\"@work.example\") asks for an address"]),
        ("if (Mail.To.Is(\"work.example\")) Keep();", ["1,16 RULE006 *"]),
        ("if (Mail.Subject.Has(\"\")) Keep();", ["1,22 RULE006 an empty text is in every text; .Exists asks whether there is any"]),
        ("if (Mail.HasAttachment(\".pdf\")) Keep();", ["1,24 RULE006 only a file called \".pdf\" fits: \"*.pdf\" fits all that end so"]),
        ("if (Envelope.IsFrom(\"192.0.2.0/33\")) Keep();", ["1,21 RULE006 *"]),
        ("if (Mail.Subject.Matches(\"(\")) Keep();", ["1,26 RULE007! no regular expression: *"]),
        ("if (Mail.Subject.Find(@\"(a)\\1\") == \"a\") Keep();", ["1,23 RULE007! the expression looks ahead, behind or back*"]),
        ("FileInto(\"a//b\");", ["1,10 RULE008 \"a//b\" can be no folder, INBOX gets the mail: no empty level, none that begins with a dot"]),
        ("AddFlag(\"Seen\");", ["1,9 RULE008 the keyword \"Seen\" is not the flag: AddFlag(Seen), without quotes"]),
        ("AddFlag(\"a b\");", ["1,9 RULE008 *"]),
        ("Reject(\"Ungültig\");", ["1,8 RULE008 *"]),
    ];

    [Fact]
    public Task The_compilers_usual_complaints_come_with_a_hint() =>
        CompareAsync(Mistakes, diagnostic => $"{diagnostic.Line},{diagnostic.Column} {diagnostic.Id} {diagnostic.Hint}");

    [Fact]
    public Task What_compiles_and_is_hardly_meant_is_told() =>
        CompareAsync(Advice, diagnostic => $"{diagnostic.Line},{diagnostic.Column} {diagnostic.Id}{(diagnostic.IsError ? "!" : "")} {diagnostic.Message}");

    [Fact]
    public async Task The_examples_and_the_scripts_of_the_documentation_get_no_advice()
    {
        await using var host = new Host();
        var count = 0;
        // Those fenced in docs/rules.md, but for the ones that show a mistake.
        foreach (var part in File.ReadAllText(Path.Combine(Repository.Root, "docs", "rules.md")).Split("```csharp\n").Skip(1))
            host.Write($"docs-{++count:00}.csx", part[..part.IndexOf("```", StringComparison.Ordinal)]);
        Assert.InRange(count, 1, 50);
        var checks = await RuleEngine.CheckAsync(host.Options, [host.Scripts, Path.Combine(Repository.Root, "scripts", "examples")], default);
        Assert.Empty(checks.SelectMany(check => check.Diagnostics.Select(diagnostic => diagnostic.ToString())));
    }

    [Fact]
    public async Task A_folder_that_is_spelt_nearly_like_one_of_the_account_is_told()
    {
        await using var host = new Host();
        host.Write("10.csx", "FileInto(\"Rechnugen\"); FileInto(\"Familie\"); FileInto($\"Rechnungen/{Now:yyyy}\"); CopyTo(\"familie\");");
        var check = Assert.Single(await RuleEngine.CheckAsync(host.Options with { KnownFolders = ["INBOX", "Rechnungen", "Familie"] }, [host.Scripts], default));
        Assert.Equal(
            ["\"Rechnugen\" would be a new folder: did you mean \"Rechnungen\"?", "\"familie\" would be a new folder: did you mean \"Familie\"?"],
            check.Diagnostics.Select(diagnostic => diagnostic.Message));
    }

    private static async Task CompareAsync((string Text, string[] Said)[] table, Func<RuleDiagnostic, string> show)
    {
        await using var host = new Host();
        for (var i = 0; i < table.Length; i++)
            host.Write($"{i:000}.csx", table[i].Text);
        var checks = await RuleEngine.CheckAsync(host.Options, [host.Scripts], default);
        var wrong = new List<string>();
        foreach (var (row, check) in table.Zip(checks.OrderBy(check => check.File, StringComparer.Ordinal)))
        {
            var said = check.Diagnostics.Select(show).ToList();
            var isRight = row.Said is [.. var first, "*"]
                ? said.Count >= first.Length && first.Zip(said).All(pair => Fits(pair.First, pair.Second))
                : said.Count == row.Said.Length && row.Said.Zip(said).All(pair => Fits(pair.First, pair.Second));
            if (!isRight)
                wrong.Add($"{row.Text}\n  expected {string.Join(" | ", row.Said)}\n  was      {string.Join(" | ", check.Diagnostics.Select(each => $"{show(each)} [{each.Message}]"))}");
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    private static bool Fits(string pattern, string text) => pattern.EndsWith('*') ? text.StartsWith(pattern[..^1], StringComparison.Ordinal) : text == pattern;
}
