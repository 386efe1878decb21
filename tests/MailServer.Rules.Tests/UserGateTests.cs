using System.Runtime.InteropServices;
using MailServer.Pipeline;

namespace MailServer.Rules.Tests;

/// <summary>Tests that lie beside a user's own scripts: a version that fails them does not go into service. They run in a worker.</summary>
[Collection("workers")]
public sealed class UserGateTests
{
    [Fact]
    public async Task A_version_that_fails_its_tests_stays_out_the_set_before_it_stays_in_and_the_owner_is_told()
    {
        await using var host = Make();
        Write(host, "one", "Subject: x\n\n", "folder: A\nby: 10.csx:1");
        host.Write("alice", "10.csx", "FileInto(\"A\");");
        host.Write("alice", "20.csx", "AddFlag(\"one\");");
        Assert.Equal(("A", "one"), await AskAsync(host));

        host.Write("alice", "10.csx", "FileInto(\"B\");");
        host.Write("alice", "20.csx", "AddFlag(\"two\");");
        string[] failed = ["tests/one.expect(1,1): asked for A, got B by 10.csx:1 FileInto(\"B\")"];
        for (var round = 0; round < 2; round++)
        {
            Assert.Equal(("A", "one"), await AskAsync(host));
            var status = Assert.Single(host.Rules.Status().Accounts);
            Assert.Equal(failed, status.FailedTests.Select(test => test.ToString()));
            Assert.Equal([RuleState.Outdated, RuleState.Outdated], status.Rules.Select(rule => rule.State));
            // The mails alone: what tests do counts for nothing.
            Assert.Equal((round == 0 ? 2 : 1, 0), (status.Runs, status.Failures));
            var told = (await host.FindAsync("alice")).TakeNotice();
            if (round == 0)
                Assert.Equal(["As they are now, your rules fail their tests, and what was in service before stays:", .. failed], told);
            else
                Assert.Null(told);
            await host.RestartAsync();
        }

        // Nor does a mail meet nothing while the tests are run again after a restart.
        await using (var slow = new UserRules(host.Options with { CompileWait = TimeSpan.FromMilliseconds(1) }, TimeProvider.System, host.Logging, host.Gate))
            Assert.Equal(["10.csx", "20.csx"], (await slow.FindAsync("alice", host.FolderOf("alice"), default)).Files);

        // The test is changed to ask for what is meant: the waiting version serves the next mail.
        Write(host, "one", null, "folder: B");
        Assert.Equal(("B", "two"), await AskAsync(host));
        var good = Assert.Single(host.Rules.Status().Accounts);
        Assert.Empty(good.FailedTests);
        Assert.All(good.Rules, rule => Assert.Equal(RuleState.Live, rule.State));
    }

    [Fact]
    public async Task A_first_version_that_fails_is_not_in_service_and_one_that_is_taken_away_against_a_test_stays()
    {
        await using var host = Make();
        Write(host, "one", "Subject: x\n\n", "folder: A");
        host.Write("alice", "10.csx", "FileInto(\"B\");");
        Assert.Same(Delivery.Keep, await host.DecideAsync("alice"));
        Assert.Equal(RuleState.Broken, Assert.Single(Assert.Single(host.Rules.Status().Accounts).Rules).State);

        host.Write("alice", "10.csx", "FileInto(\"A\");");
        Assert.Equal("A", (await host.DecideAsync("alice")).Folder?.Value);
        File.Delete(Path.Combine(host.FolderOf("alice"), "10.csx"));
        Assert.Equal("A", (await host.DecideAsync("alice")).Folder?.Value);
        Directory.Delete(Path.Combine(host.FolderOf("alice"), "tests"), recursive: true);
        Assert.Same(Delivery.Keep, await host.DecideAsync("alice"));
    }

    [Fact]
    public async Task A_script_that_ends_its_process_on_a_tests_mail_fails_the_test_and_counts_for_nothing()
    {
        await using var host = Make();
        Write(host, "one", "Subject: boom\n\n", "folder: A");
        host.Write("alice", "10.csx", "if (Mail.Subject.Has(\"boom\")) foreach (var i in Enumerable.Range(0, 8)) Enumerable.Repeat(1, int.MaxValue).Distinct().LongCount();\nFileInto(\"A\");");
        Assert.Same(Delivery.Keep, await host.DecideAsync("alice"));
        var status = Assert.Single(host.Rules.Status().Accounts);
        Assert.Contains("failed, kept in INBOX: it took too long", status.FailedTests[0].Message, StringComparison.Ordinal);
        Assert.Equal((0, 0, false), (status.Runs, status.Failures, status.IsResting));
    }

    [Fact]
    public async Task Without_a_worker_nothing_new_goes_into_service_and_the_next_mail_tries_again()
    {
        await using var host = Make();
        Write(host, "one", "Subject: x\n\n", "folder: A");
        host.Write("alice", "10.csx", "FileInto(\"A\");");
        var options = host.Options with { Workers = host.Options.Workers with { StartLimit = TimeSpan.FromMilliseconds(1) } };
        await using var rules = new UserRules(options, TimeProvider.System, host.Logging, host.Gate);
        Assert.True((await rules.FindAsync("alice", host.FolderOf("alice"), default)).IsEmpty);
        Assert.StartsWith("the tests cannot be run: the worker took longer", Assert.Single(rules.Status().Accounts).CompilerProblem, StringComparison.Ordinal);
        Assert.Empty(Assert.Single(rules.Status().Accounts).FailedTests);

        Assert.Equal("A", (await host.DecideAsync("alice")).Folder?.Value);

        // What has passed is in service after a restart without being tried again, until a script or a test changes.
        await using var after = new UserRules(options, TimeProvider.System, host.Logging, host.Gate);
        Assert.Equal(["10.csx"], (await after.FindAsync("alice", host.FolderOf("alice"), default)).Files);
        Write(host, "one", null, "folder: Another");
        await after.FindAsync("alice", host.FolderOf("alice"), default);
        Assert.StartsWith("the tests cannot be run", Assert.Single(after.Status().Accounts).CompilerProblem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Links_pipes_large_files_and_many_tests_are_refused_and_never_read()
    {
        await using var host = Make();
        host.Write("alice", "10.csx", "FileInto(\"A\");");
        var tests = Directory.CreateDirectory(Path.Combine(host.FolderOf("alice"), "tests")).FullName;
        File.CreateSymbolicLink(Path.Combine(tests, "link.eml"), "/etc/passwd");
        File.CreateSymbolicLink(Path.Combine(tests, "asked.expect"), "/etc/passwd");
        File.WriteAllText(Path.Combine(tests, "asked.eml"), "\n");
        File.WriteAllText(Path.Combine(tests, "link.expect"), "folder: A");
        Assert.Equal(0, mkfifo(Path.Combine(tests, "pipe.eml"), 0x1B6));
        File.WriteAllText(Path.Combine(tests, "pipe.expect"), "folder: A");
        File.WriteAllText(Path.Combine(tests, "large.eml"), new string('x', 1024 * 1024 + 1));
        File.WriteAllText(Path.Combine(tests, "large.expect"), "folder: A");
        var said = (await host.FindAsync("alice")).FailedTests.ToDictionary(test => test.File, test => test.Message);
        Assert.Equal(["tests/asked.expect", "tests/large.eml", "tests/link.eml", "tests/pipe.eml"], said.Keys);
        Assert.Equal("no plain file", said["tests/pipe.eml"]);
        Assert.Equal("larger than 1024 KiB", said["tests/large.eml"]);
        Assert.DoesNotContain("root:", said["tests/asked.expect"], StringComparison.Ordinal);

        // One too many is told of, and no more of them.
        Directory.Delete(tests, recursive: true);
        Directory.CreateDirectory(tests);
        for (var i = 0; i < 150; i++)
            File.WriteAllText(Path.Combine(tests, $"{i:000}.expect"), "folder: A");
        Assert.Equal("more than 100 tests", (await host.FindAsync("alice")).FailedTests[^1].Message);

        // The whole folder as a link to somebody else's tests.
        Directory.Delete(tests, recursive: true);
        var others = Directory.CreateDirectory(host.FolderOf("bob")).FullName;
        File.WriteAllText(Path.Combine(others, "secret.expect"), "folder: Secret");
        Directory.CreateSymbolicLink(tests, others);
        var refused = Assert.Single((await host.FindAsync("alice")).FailedTests);
        Assert.StartsWith("tests: cannot be read (links are not followed)", refused.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("secret", refused.ToString(), StringComparison.Ordinal);

        [DllImport("libc", EntryPoint = "mkfifo")]
        static extern int mkfifo(string path, uint mode);
    }

    private static UserHost Make() => new() { Gate = new RuleTests("mx.example.org") };

    private static async Task<(string? Folder, string Flags)> AskAsync(UserHost host) =>
        await host.DecideAsync("alice") is var delivery ? (delivery.Folder?.Value, string.Join(' ', delivery.Flags)) : default;

    private static void Write(UserHost host, string name, string? mail, string expect)
    {
        var folder = Directory.CreateDirectory(Path.Combine(host.FolderOf("alice"), "tests")).FullName;
        if (mail is not null)
            File.WriteAllText(Path.Combine(folder, name + ".eml"), mail);
        File.WriteAllText(Path.Combine(folder, name + ".expect"), expect);
    }
}
