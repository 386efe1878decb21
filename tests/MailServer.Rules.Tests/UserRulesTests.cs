using System.Diagnostics;
using System.Runtime.InteropServices;
using MailServer.Posix;

namespace MailServer.Rules.Tests;

/// <summary>Users' own scripts, from the file to the decision of a locked-down process.</summary>
[Collection("workers")] // one class at a time: each counts processes, and has enough of them
public sealed class UserRulesTests
{
    [Fact]
    public async Task A_users_script_decides_and_the_deciding_line_is_known()
    {
        await using var host = new UserHost();
        host.Write("alice", "10-shop.csx", """
            // What it asks goes over a pipe.
            if (Mail.From.IsIn("sender.example") && Mail.Subject.Has("HELLO") && Mail.Size == 1000 && Mail.Date.Year == 2026)
            {
                FileInto("Shop");
                AddFlag(Seen);
            }
            """);
        var facts = new Facts { Header = { ["Subject"] = ["hello"] } };
        var delivery = await host.DecideAsync("alice", facts);
        Assert.Equal("Shop", delivery.Folder?.Value);
        Assert.Equal([@"\Seen"], delivery.Flags);
        Assert.Equal(
            [("10-shop.csx", 4, "FileInto(\"Shop\")"), ("10-shop.csx", 5, "AddFlag(\"\\\\Seen\")")],
            delivery.Steps.Select(step => (step.Rule, step.Line, step.Action)));
        Assert.All(delivery.Steps, step => Assert.Equal(12, step.Version?.Length));
        Assert.Same(Delivery.Keep, await host.DecideAsync("alice"));
        Assert.Same(Delivery.Keep, await host.DecideAsync("bob"));
        var status = Assert.Single(host.Rules.Status().Accounts);
        Assert.Equal(("alice", 2, 0), (status.Account, status.Runs, status.Failures));
        Assert.Equal(1, host.Rules.Status().Workers);
    }

    [Fact]
    public async Task A_users_script_sends_and_cannot_take_back_what_was_sent_before()
    {
        await using var host = new UserHost();
        host.Write("alice", "10-away.csx", "Redirect(\"books@b.example\"); Vacation(\"away\", subject: \"s\", days: 3, addresses: [\"sales@example.org\"]); Notify(\"me@phone.example\", \"hi\");");
        var facts = new Facts { Origin = new() { Sender = "a@sender.example" }, Header = { ["To"] = ["sales@example.org"] } };
        var earlier = new AutomaticMail { To = new("boss", "work.example"), Text = "x", Interval = TimeSpan.FromMinutes(1) };
        var before = Delivery.Keep with { Redirects = [new("log", "work.example")], Answers = [earlier] };
        var delivery = await host.DecideAsync("alice", facts, sofar: before);
        Assert.Null(delivery.Folder);
        Assert.Equal(["log@work.example", "books@b.example"], delivery.Redirects.Select(address => address.ToString()));
        Assert.Equal(3, delivery.Answers.Count);
        Assert.Same(earlier, delivery.Answers[0]);
        var (answer, notice) = (delivery.Answers[1], delivery.Answers[2]);
        Assert.Equal((null, "s", "away", TimeSpan.FromDays(3)), (answer.To, answer.Subject, answer.Text, answer.Interval));
        Assert.Equal([new EmailAddress("sales", "example.org")], answer.Addresses);
        Assert.Equal((new EmailAddress("me", "phone.example"), "hi"), (notice.To, notice.Text));
    }

    [Fact]
    public async Task What_was_decided_before_stands_and_the_scripts_of_the_examples_are_for_users()
    {
        await using var host = new UserHost();
        foreach (var file in Directory.GetFiles(Path.Combine(TestKit.Repository.Root, "scripts", "examples"), "*.csx"))
            host.Write("alice", Path.GetFileName(file), File.ReadAllText(file));
        host.Write("alice", "01.csx", "CopyTo(\"Own\"); Remember(\"seen\", 1.Days(), Detail); Remember(new string('k', 500), 1.Days()); if (Mail.Subject.Matches(\"^h.*o$\")) AddFlag(\"$Hello\"); RemoveFlag(\"$Old\");");
        var before = Delivery.Keep with { Folder = new("Global"), Flags = ["$Old", "$Kept"], Steps = [new() { Rule = "00.csx", Line = 3, Action = "FileInto(\"Global\")" }] };
        var notes = new NotesDraft(null);
        var delivery = await host.DecideAsync("alice", sofar: before, recipient: new RecipientFacts { Detail = "tag", Notes = notes });
        Assert.DoesNotContain((await host.FindAsync("alice")).Diagnostics, diagnostic => diagnostic.IsError);
        Assert.DoesNotContain(delivery.Steps, RuleSet.IsFailure);
        Assert.Contains("Own", new[] { delivery.Folder }.OfType<FolderName>().Concat(delivery.Copies).Select(folder => folder.Value));
        Assert.Contains("$Kept", delivery.Flags);
        Assert.DoesNotContain("$Old", delivery.Flags);
        Assert.Equal("00.csx", delivery.Steps[0].Rule);
        Assert.Equal("tag", notes.Find("seen", new Facts().Received));
    }

    [Fact]
    public async Task A_saved_script_serves_the_next_mail_and_a_broken_one_leaves_the_last_good_one_also_after_a_restart()
    {
        await using var host = new UserHost();
        host.Write("alice", "10.csx", "FileInto(\"One\");");
        Assert.Equal("One", (await host.DecideAsync("alice")).Folder?.Value);
        host.Write("alice", "10.csx", "FileInto(\"Two\");");
        Assert.Equal("Two", (await host.DecideAsync("alice")).Folder?.Value);
        host.Write("alice", "10.csx", "FileInto(System.IO.File.ReadAllText(\"/etc/passwd\"));");
        for (var round = 0; round < 2; round++)
        {
            Assert.Equal("Two", (await host.DecideAsync("alice")).Folder?.Value);
            var rule = Assert.Single(Assert.Single(host.Rules.Status().Accounts).Rules);
            Assert.Equal(RuleState.Outdated, rule.State);
            Assert.Equal("10.csx(1,10): RULE100 File.ReadAllText is not for rules: a rule has no files", rule.Diagnostics[0].ToString());
            await host.RestartAsync();
        }

        host.Write("alice", "10.csx", "FileInto(\"Three\");");
        Assert.Equal("Three", (await host.DecideAsync("alice")).Folder?.Value);
        File.Delete(Path.Combine(host.FolderOf("alice"), "10.csx"));
        Assert.Same(Delivery.Keep, await host.DecideAsync("alice"));
    }

    [Fact]
    public async Task The_owner_is_told_once_a_day_also_over_a_restart()
    {
        await using var host = new UserHost();
        host.Write("alice", "10.csx", "Keap();");
        var told = (await host.FindAsync("alice")).TakeNotice();
        Assert.StartsWith("10.csx(1,1): CS0103 The name 'Keap' does not exist", Assert.Single(told!), StringComparison.Ordinal);
        Assert.Null((await host.FindAsync("alice")).TakeNotice());
        await host.RestartAsync();
        Assert.Null((await host.FindAsync("alice")).TakeNotice());
        host.Write("bob", "10.csx", "Keep();");
        Assert.Null((await host.FindAsync("bob")).TakeNotice());
    }

    [Theory]
    [InlineData("\nthrow new InvalidOperationException(\"oh\");", "10.csx(2): InvalidOperationException: oh")]
    [InlineData("\nwhile (true) { }", "10.csx(2): the script took too many steps: an endless loop?")]
    [InlineData("FileInto(\"../x\");", "10.csx(1): ")]
    public async Task The_owner_is_told_once_of_a_script_that_fails_until_it_is_mended(string text, string complaint)
    {
        await using var host = new UserHost();
        host.Write("alice", "10.csx", text);
        Assert.Null((await host.FindAsync("alice")).TakeNotice());
        await host.DecideAsync("alice");
        Assert.StartsWith(complaint, Assert.Single((await host.FindAsync("alice")).TakeNotice()!), StringComparison.Ordinal);
        await host.DecideAsync("alice");
        Assert.Null((await host.FindAsync("alice")).TakeNotice());
        Directory.Delete(Directory.GetDirectories(host.Options.CacheDirectory, "notices", SearchOption.AllDirectories).Single(), recursive: true);
        host.Write("alice", "10.csx", "FileInto(\"A\");");
        await host.DecideAsync("alice");
        Assert.Null((await host.FindAsync("alice")).TakeNotice());
    }

    [Fact]
    public async Task Links_pipes_and_large_files_are_refused_and_the_others_serve()
    {
        await using var host = new UserHost();
        host.Write("alice", "50.csx", "FileInto(\"Good\");");
        var folder = host.FolderOf("alice");
        File.CreateSymbolicLink(Path.Combine(folder, "10.csx"), "/etc/passwd");
        File.CreateSymbolicLink(Path.Combine(folder, "20.csx"), "/dev/zero");
        Assert.Equal(0, mkfifo(Path.Combine(folder, "30.csx"), 0x1B6));
        File.WriteAllText(Path.Combine(folder, "40.csx"), new string('/', 70_000));
        Assert.Equal("Good", (await host.DecideAsync("alice")).Folder?.Value);
        var said = (await host.FindAsync("alice")).Diagnostics.ToDictionary(diagnostic => diagnostic.File, diagnostic => diagnostic.Message);
        Assert.StartsWith("cannot be read (links are not followed)", said["10.csx"], StringComparison.Ordinal);
        Assert.StartsWith("cannot be read (links are not followed)", said["20.csx"], StringComparison.Ordinal);
        Assert.Equal("no plain file", said["30.csx"]);
        Assert.Equal("larger than 64 KiB", said["40.csx"]);

        // The whole folder as a link to somebody else's.
        Directory.CreateDirectory(Path.GetDirectoryName(host.FolderOf("mallory"))!);
        Directory.CreateSymbolicLink(host.FolderOf("mallory"), folder);
        Assert.Same(Delivery.Keep, await host.DecideAsync("mallory"));

        [DllImport("libc", EntryPoint = "mkfifo")]
        static extern int mkfifo(string path, uint mode);
    }

    [Fact]
    public async Task An_endless_loop_ends_with_its_line_and_scripts_that_crash_again_and_again_are_left_alone_until_they_change()
    {
        await using var host = new UserHost();
        host.Write("alice", "10.csx", "FileInto(\"A\");\nwhile (true) { }");
        var before = Delivery.Keep with { Folder = new("Before"), Steps = [new() { Rule = "x", Action = "y" }] };
        var looped = await host.DecideAsync("alice", sofar: before);
        Assert.Equal("INBOX", looped.Folder?.Value);
        Assert.Equal(["Before"], looped.Copies.Select(copy => copy.Value));
        Assert.Equal((2, "failed, kept in INBOX: the script took too many steps: an endless loop?"), (looped.Steps[^1].Line, looped.Steps[^1].Action));

        host.Write("alice", "20.csx", "var all = new List<byte[]>(); foreach (var i in Enumerable.Range(0, 500_000)) all.Add(new byte[10_000]);");
        host.Write("alice", "10.csx", "FileInto(\"A\");");
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal("INBOX", (await host.DecideAsync("alice")).Folder?.Value);
        }

        var status = Assert.Single(host.Rules.Status().Accounts);
        Assert.Equal((4, 4), (status.Runs, status.Failures));
        if (!status.IsResting)
            return; // the runtime said no in time, and the script failed without a crash
        Assert.Equal("failed, kept in INBOX: left alone for 10 minutes after 3 crashes", (await host.DecideAsync("alice")).Steps[^1].Action);
        host.Write("alice", "20.csx", "FileInto(\"B\");");
        Assert.Equal("A", (await host.DecideAsync("alice")).Folder?.Value);
    }

    [Fact]
    public async Task Workers_are_few_go_round_among_accounts_and_end_when_idle()
    {
        var host = new UserHost();
        await using var _ = host;
        await using var rules = new UserRules(host.Options with { Workers = host.Options.Workers with { MaxWorkers = 2, Stay = TimeSpan.FromMilliseconds(200) } }, TimeProvider.System, host.Logging);
        for (var i = 0; i < 6; i++)
            host.Write($"user{i}", "10.csx", $"FileInto(\"Of{i}\");");
        await Task.WhenAll(Enumerable.Range(0, 6).SelectMany(i => Enumerable.Range(0, 3).Select(async round =>
        {
            var set = await rules.FindAsync($"user{i}", host.FolderOf($"user{i}"), default);
            Assert.Equal($"Of{i}", (await set.DecideAsync(new Facts(), new RecipientFacts(), Delivery.Keep, default)).Folder?.Value);
            Assert.InRange(rules.Status().Workers, 0, 2);
        })));
        await Host.UntilAsync(() => rules.Status().Workers == 0);
    }

    [Fact]
    public async Task Where_users_rules_are_refused_mail_stays_in_INBOX_and_the_owner_is_told()
    {
        var host = new UserHost();
        await using var _ = host;
        host.Write("alice", "10.csx", "FileInto(\"A\");");
        await using var rules = new UserRules(host.Options with { Refusal = "this kernel has no Landlock" }, TimeProvider.System, host.Logging);
        var set = await rules.FindAsync("alice", host.FolderOf("alice"), default);
        var delivery = await set.DecideAsync(new Facts(), new RecipientFacts(), Delivery.Keep, default);
        Assert.Equal(("INBOX", "failed, kept in INBOX: users' rules do not run on this server: this kernel has no Landlock"), (delivery.Folder?.Value, delivery.Steps[^1].Action));
        Assert.Contains("this kernel has no Landlock", Assert.Single(set.TakeNotice()!), StringComparison.Ordinal);
        Assert.Equal(0, rules.Status().Workers);
    }

    [Fact]
    public async Task Without_Landlock_bubblewrap_takes_the_files_away()
    {
        if (!File.Exists("/usr/bin/bwrap"))
            Assert.Skip("bubblewrap is not installed");
        var host = new UserHost();
        await using var _ = host;
        host.Write("alice", "10.csx", "FileInto($\"A/{Mail.Size}\");");
        await using var rules = new UserRules(host.Options with { Workers = host.Options.Workers with { Bubblewrap = "/usr/bin/bwrap" } }, TimeProvider.System, host.Logging);
        var set = await rules.FindAsync("alice", host.FolderOf("alice"), default);
        var delivery = await set.DecideAsync(new Facts(), new RecipientFacts(), Delivery.Keep, default);
        Assert.Equal("A/1000", delivery.Folder?.Value);
    }

    [Fact]
    public async Task A_worker_has_taken_from_itself_what_it_can()
    {
        await using var host = new UserHost();
        host.Write("alice", "10.csx", "FileInto(\"A\");");
        await host.DecideAsync("alice");
        var worker = Assert.Single(Process.GetProcesses().Select(process => process.Id), id => CommandOf(id).Contains("--locked", StringComparison.Ordinal) && ParentOf(id) == Environment.ProcessId);
        var status = File.ReadAllLines($"/proc/{worker}/status").Select(line => line.Split(':', 2)).ToDictionary(line => line[0], line => line[1].Trim());
        Assert.Equal("1", status["NoNewPrivs"]);
        Assert.Equal("2", status["Seccomp"]);
        Assert.Equal("0000000000000000", status["CapEff"]);
        Assert.Equal("0000000000000000", status["CapPrm"]);
        Assert.Equal("0000000000000000", status["CapAmb"]);
        if (ProcessLocks.IsRoot)
            Assert.Equal("65534\t65534\t65534\t65534", status["Uid"]);
        var limits = File.ReadAllText($"/proc/{worker}/limits");
        Assert.Matches("Max file size +0 +0 ", limits);
        Assert.Matches("Max core file size +0 +0 ", limits);
        Assert.Matches("Max address space +1073741824 ", limits);
        Assert.DoesNotContain("PATH=", File.ReadAllText($"/proc/{worker}/environ"), StringComparison.Ordinal);
    }

    private static string CommandOf(int process)
    {
        try
        {
            return File.ReadAllText($"/proc/{process}/cmdline");
        }
        catch (IOException)
        {
            return ""; // it has ended meanwhile
        }
    }

    private static int ParentOf(int process) =>
        int.Parse(File.ReadAllText($"/proc/{process}/stat").Split(") ")[^1].Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture);
}
