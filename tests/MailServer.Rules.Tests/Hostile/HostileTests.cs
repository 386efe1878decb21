using MailServer.TestKit;

namespace MailServer.Rules.Tests;

/// <summary>Scripts that want to harm: the compiler refuses them, and where it did not, the worker holds by itself.</summary>
[Collection("workers")]
public sealed class HostileTests
{
    // Of the filter's kills nothing is told but that the process has ended: the x32 calls.
    private const string Killed = "system call x32's getpid";

    [Fact]
    public void There_are_many() => Assert.True(HostileScript.All.Count >= 60);

    [Fact]
    public async Task The_compiler_refuses_what_is_not_for_users()
    {
        using var folder = new TempDirectory();
        var files = Write(folder);
        using var host = new RuleHostProcess(Host.Path, TimeSpan.FromMinutes(2), TimeSpan.Zero, TimeProvider.System) { IsForUsers = true };
        var replies = await host.CompileAsync(files, null, "", default);
        Assert.Equal(files, replies.Select(reply => reply.File));
        Assert.All(HostileScript.All.Zip(replies), pair =>
        {
            var (script, reply) = pair;
            Assert.True(script.Refused.Length > 0 == !reply.IsCompiled, $"{script.Name}: {string.Join('\n', reply.Diagnostics)}");
            if (script.Refused.Length > 0)
                Assert.True(reply.Diagnostics.Any(diagnostic => diagnostic.Id == script.Refused), $"{script.Name}: {string.Join('\n', reply.Diagnostics)}");
        });
    }

    [Fact]
    public async Task The_worker_stops_what_the_compiler_let_pass_and_other_accounts_do_not_notice()
    {
        using var folder = new TempDirectory();
        var files = Write(folder);
        using var host = new RuleHostProcess(Host.Path, TimeSpan.FromMinutes(2), TimeSpan.Zero, TimeProvider.System);
        var output = Directory.CreateDirectory(folder.File("out")).FullName;
        var replies = await host.CompileAsync(files, output, "", default);
        await using var users = new UserHost();
        // No budget: what ends them is the worker.
        await using var pool = new WorkerPool(users.Options.Workers with { StepBudget = int.MaxValue, MaxWorkers = 4, ClockLimit = TimeSpan.FromSeconds(10) }, TimeProvider.System);
        users.Write("honest", "10.csx", "FileInto($\"Size/{Mail.Size}\");");

        await File.WriteAllTextAsync("/tmp/mailserver-victim", "");
        using var end = new CancellationTokenSource();
        List<string> wrong = [];
        var honest = Task.Run(async () =>
        {
            var count = 0;
            for (; !end.IsCancellationRequested; count++)
                if (await users.DecideAsync("honest", new Facts { Size = count }) is var delivery && delivery.Folder?.Value != $"Size/{count}")
                    lock (wrong)
                        wrong.Add($"honest mail {count}: {delivery.Folder} {string.Join('\n', delivery.Steps)}");
            return count;
        });
        await Parallel.ForEachAsync(HostileScript.All.Zip(replies), new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (pair, _) =>
        {
            var (script, reply) = pair;
            var got = reply.IsCompiled ? await RunAsync(pool, users.Options, script.Name, new([new("hostile.csx", reply.Key, Path.Combine(output, reply.Key + ".dll"))])) : "";
            if (!script.InWorker.Split('|').Contains(got) && !(script.Name == Killed && got == "kept"))
                lock (wrong)
                    wrong.Add($"{script.Name}: {got} instead of {script.InWorker} {string.Join('\n', reply.Diagnostics)}");
        });
        await end.CancelAsync();
        Assert.True(await honest > 0);
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
        Assert.True(File.Exists("/tmp/mailserver-victim"));
        Assert.Empty(Directory.EnumerateFileSystemEntries("/tmp", "mailserver-hostile*"));
        File.Delete("/tmp/mailserver-victim");
    }

    private static async Task<string> RunAsync(WorkerPool pool, UserRuleOptions options, string name, WorkerScripts scripts)
    {
        using var deadline = new MailDeadline(options, TimeProvider.System, default);
        try
        {
            var outcome = await pool.DecideAsync(name, scripts, new Facts(), new RecipientFacts(), Delivery.Keep, deadline);
            var delivery = outcome.Delivery;
            return outcome.Failure is not null || outcome.Warnings.Count > 0
                ? delivery.Folder?.IsInbox == true ? "kept" : delivery.Copies.Count == DeliveryPlan.MaxFolders - 1 ? "32 folders" : "lost"
                : delivery.Folder?.IsInbox == true ? "harmless" : delivery.Folder?.Value ?? "lost";
        }
        catch (WorkerException e)
        {
            return e.End is WorkerEnd.Start or WorkerEnd.Ours ? $"not started: {e.Message}" : "kept";
        }
    }

    private static List<string> Write(TempDirectory folder) => [.. HostileScript.All.Select((script, i) =>
    {
        var path = folder.File($"{i:D3}.csx");
        File.WriteAllText(path, script.Text);
        return path;
    })];
}
