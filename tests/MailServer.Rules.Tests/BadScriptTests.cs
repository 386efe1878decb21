namespace MailServer.Rules.Tests;

/// <summary>What a bad script gets: one clear line that names file, line and reason.</summary>
public sealed class BadScriptTests
{
    // name | text | what is said, one line each
    private static readonly (string Name, string Text, string[] Said)[] Table =
    [
        ("40-receipts.csx", "if (Mail.Form.IsIn(\"shop.example\")) Keep();", ["40-receipts.csx(1,10): CS1061 'Mail' does not contain a definition for 'Form' - did you mean From?"]),
        ("comment.csx", "// The last semicolon may be left out.\n\nFileInto(\"A\")\n", []),
        ("both.csx", "FileInto(\"A\")\nKeap();", ["both.csx(1,14): CS1002 ; expected - a statement ends with a semicolon", "both.csx(2,1): CS0103 The name 'Keap' does not exist in the current context - did you mean Keep?"]),
        ("type.csx", "FileInto(1);", ["type.csx(1,10): CS1503 Argument 1: cannot convert from 'int' to 'string' - texts and folders stand in double quotes, numbers do not"]),
        ("flag.csx", "AddFlag(Read);", ["flag.csx(1,9): CS0103 The name 'Read' does not exist in the current context - the flag of read mail is Seen"]),
        ("none.csx", "FileInto();", ["none.csx(1,1): CS7036 There is no argument given that corresponds to the required parameter 'folder' of 'RuleGlobals.FileInto(string, string[]?, bool, int)' - it is used as FileInto(folder, [flags], [create])"]),
        ("brace.csx", "if (true)\n{\n    Keep();\n", ["brace.csx(3,12): CS1513 } expected - a block that { begins, } ends"]),
        ("load.csx", "#load \"other.csx\"\nKeep();", ["load.csx(1,1): CS8099 Source file references are not supported."]),
        ("reference.csx", "#r \"System.Net.Http\"\nKeep();", ["reference.csx(1,1): CS7099 Metadata references are not supported."]),
        ("network.csx", "new System.Net.Http.HttpClient();", ["network.csx(1,16): CS0234 The type or namespace name 'Http' does not exist in the namespace 'System.Net' - rules see the mail, texts, numbers, dates and lists, and nothing else"]),
        ("unsafe.csx", "unsafe { int* p = null; }", ["unsafe.csx(1,1): CS0227 Unsafe code may only appear if compiling with /unsafe"]),
        ("null.csx", "string list = Mail.List;\nFileInto(list);", ["null.csx(1,15): warning CS8601 Possible null reference assignment - it may be null; ask first: if (Mail.List is { } list) ...", "null.csx(2,10): warning CS8604 Possible null reference argument for parameter 'folder' in 'void RuleGlobals.FileInto(string folder, string[]? flags = null, bool create = true, int line = 0)' - it may be null; ask first: if (Mail.List is { } list) ...", "null.csx(2,10): warning RULE005 whoever writes the mail chooses this folder, INBOX and Junk too: put it below one of yours, $\"Plus/{...}\", or choose among those there are, Folders.Find(...)"]),
        ("wait.csx", "await System.Threading.Tasks.Task.Yield();\nKeep();", ["wait.csx(1,1): RULE001 a rule must answer at once: async and await are not for rules"]),
        ("big.csx", new string('/', 256 * 1024 + 1), ["big.csx: larger than 256 KiB"]),
        ("empty.csx", "", []),
    ];

    [Fact]
    public async Task Diagnostics_are_exact()
    {
        await using var host = new Host();
        foreach (var (name, text, _) in Table)
            host.Write(name, text);
        var checks = await RuleEngine.CheckAsync(host.Options, [host.Scripts], default);
        Assert.Equal(Table.Select(row => row.Name).Order(StringComparer.Ordinal), checks.Select(check => Path.GetFileName(check.File)));
        foreach (var (name, _, said) in Table)
            Assert.Equal(
                said.Select(line => Path.Combine(host.Scripts, line)),
                checks.Single(check => Path.GetFileName(check.File) == name).Diagnostics.Select(diagnostic => diagnostic.ToString()));
        Assert.Equal(["comment.csx", "empty.csx", "null.csx"], checks.Where(check => check.IsGood).Select(check => Path.GetFileName(check.File)));
    }

    [Fact]
    public async Task A_file_that_is_not_there_is_said_to_be_missing()
    {
        await using var host = new Host();
        var check = Assert.Single(await RuleEngine.CheckAsync(host.Options, [Path.Combine(host.Scripts, "x.csx")], default));
        Assert.Equal($"{host.Scripts}/x.csx: no such file", Assert.Single(check.Diagnostics).ToString());
    }

    [Fact]
    public async Task A_missing_rule_host_is_said_once_and_nothing_else_suffers()
    {
        await using var host = new Host();
        host.Write("a.csx", "Keep();");
        var options = host.Options with { RuleHostPath = "/nowhere/MailServer.RuleHost.dll" };
        var failure = await Assert.ThrowsAsync<IOException>(() => RuleEngine.CheckAsync(options, [host.Scripts], default));
        Assert.Equal("the rule host is missing: /nowhere/MailServer.RuleHost.dll", failure.Message);
        var engine = await host.StartAsync(options);
        Assert.Equal(failure.Message, engine.Status().CompilerProblem);
        Assert.Same(Delivery.Keep, engine.Decide(Facts.Mail(), To.Anybody, Delivery.Keep));
    }

    [Fact]
    public async Task A_script_that_no_longer_compiles_leaves_its_last_good_version_in_service_also_after_a_restart()
    {
        await using var host = new Host();
        host.Write("10.csx", "FileInto(\"Good\");");
        host.Write("20.csx", "AddFlag(\"$Two\");");
        var first = await host.StartAsync();
        host.Write("10.csx", "FileInto(\"Bad\"");
        await first.ReloadAsync(default);
        Check(first);
        await first.DisposeAsync();

        var second = await host.StartAsync();
        Check(second);
        host.Write("10.csx", "FileInto(\"Better\");");
        await second.ReloadAsync(default);
        Assert.Equal("Better", second.Decide(Facts.Mail(), To.Anybody, Delivery.Keep).Folder?.Value);
        Assert.Empty(second.Status().Rules[0].Diagnostics);

        static void Check(RuleEngine engine)
        {
            var delivery = engine.Decide(Facts.Mail(), To.Anybody, Delivery.Keep);
            Assert.Equal("Good", delivery.Folder?.Value);
            Assert.Equal(["$Two"], delivery.Flags);
            var status = engine.Status().Rules;
            Assert.Equal([RuleState.Outdated, RuleState.Live], status.Select(rule => rule.State));
            Assert.Equal("10.csx(1,15): CS1026 ) expected - something that was opened is not closed: each ( needs its )", status[0].Diagnostics[0].ToString());
        }
    }

    [Fact]
    public async Task A_script_that_never_compiled_is_left_out_and_the_others_serve()
    {
        await using var host = new Host();
        host.Write("10.csx", "nonsense");
        host.Write("20.csx", "FileInto(\"Two\");");
        var engine = await host.StartAsync();
        Assert.Equal("Two", engine.Decide(Facts.Mail(), To.Anybody, Delivery.Keep).Folder?.Value);
        Assert.Equal([RuleState.Broken, RuleState.Live], engine.Status().Rules.Select(rule => rule.State));
    }
}
