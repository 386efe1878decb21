using System.Runtime.CompilerServices;

namespace MailServer.Rules.Tests;

/// <summary>Scripts are replaced while mail flows, and the old ones go.</summary>
public sealed class ReloadTests
{
    [Fact]
    public async Task A_saved_script_is_in_service_without_being_asked_for()
    {
        await using var host = new Host();
        host.Write("10.csx", "FileInto(\"Old\");");
        var engine = await host.StartAsync();
        Assert.Equal("Old", Folder(engine));
        host.Write("10.csx", "FileInto(\"New\");");
        await Host.UntilAsync(() => Folder(engine) == "New");
        File.WriteAllText(Path.Combine(host.Scripts, "10.csx"), "FileInto(\"In place\");");
        await Host.UntilAsync(() => Folder(engine) == "In place");
        host.Write("05.csx", "FileInto(\"First\"); Stop();");
        await Host.UntilAsync(() => Folder(engine) == "First");
        File.Delete(Path.Combine(host.Scripts, "05.csx"));
        await Host.UntilAsync(() => Folder(engine) == "In place");
    }

    [Fact]
    public async Task A_folder_that_is_not_there_yet_or_is_replaced_is_found()
    {
        await using var host = new Host();
        Directory.Delete(host.Scripts);
        var engine = await host.StartAsync();
        Assert.Null(Folder(engine));
        Directory.CreateDirectory(host.Scripts);
        host.Write("10.csx", "FileInto(\"A\");");
        await Host.UntilAsync(() => Folder(engine) == "A");
        Directory.Move(host.Scripts, host.Scripts + ".old");
        Directory.CreateDirectory(host.Scripts);
        host.Write("10.csx", "FileInto(\"B\");");
        await Host.UntilAsync(() => Folder(engine) == "B");
    }

    [Fact]
    public async Task Two_hundred_edits_leave_no_context_alive()
    {
        await using var host = new Host();
        // Two texts in turn come from the cache, so this is about loading and not about the compiler.
        host.Write("10.csx", "FileInto(\"A\");");
        var engine = await host.StartAsync();
        for (var i = 1; i <= 200; i++)
        {
            host.Write("10.csx", i % 2 == 0 ? "FileInto(\"A\");" : "string Name() => \"B\";\nFileInto(Name());\nif (Mail.Subject.Has(\"x\")) throw new InvalidOperationException(\"x\");");
            await engine.ReloadAsync(default);
            Run(engine, i % 2 == 0 ? "A" : "B");
        }

        for (var round = 0; round < 10 && engine.Status().RetiredAlive > 0; round++)
        {
            // The last reload goes on as our caller; its variables are on the stack until we let go of the thread.
            await Task.Delay(10);
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        Assert.Equal(0, engine.Status().RetiredAlive);
    }

    [Fact]
    public async Task Mail_that_flows_while_scripts_change_always_meets_one_whole_set()
    {
        var seed = Environment.TickCount;
        await using var host = new Host();
        Write(host, 0);
        Write(host, 1);
        var engine = await host.StartAsync();
        Write(host, 0);
        await engine.ReloadAsync(default);
        using var end = new CancellationTokenSource();
        // Threads of their own: the pool starts with as many as there are cores, and the reloads need some.
        using var running = new CountdownEvent(2);
        var runners = Enumerable.Range(0, 2).Select(_ => Task.Factory.StartNew(() =>
        {
            running.Signal();
            var count = 0;
            while (!end.IsCancellationRequested)
            {
                var delivery = engine.Current.Decide(Facts.Mail(), To.Anybody, Delivery.Keep);
                // Both scripts name the same version; one that failed or ran alone would show here.
                Assert.Single(delivery.Flags);
                Assert.Equal(delivery.Folder?.Value, delivery.Flags[0]);
                count++;
            }

            return count;
        }, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)).ToArray();
        try
        {
            await Host.UntilAsync(() => running.IsSet);
            var random = new Random(seed);
            for (var i = 0; i < 30; i++)
            {
                Write(host, random.Next(2));
                await engine.ReloadAsync(default);
            }
        }
        finally
        {
            await end.CancelAsync();
        }

        var counts = await Task.WhenAll(runners);
        Assert.All(counts, count => Assert.True(count > 0, $"seed {seed}"));

        // One file, so that a look never sees half of an edit.
        static void Write(Host host, int version) => host.Write("10.csx", $"FileInto(\"V{version}\");\nAddFlag(\"V{version}\");");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(60)]
    public async Task Edits_are_compiled_whether_the_compiler_stays_or_has_gone(int stay)
    {
        await using var host = new Host();
        host.Write("10 \"a\\b\".csx", "FileInto(\"V0\");");
        var engine = await host.StartAsync(host.Options with { CompilerStay = TimeSpan.FromSeconds(stay) });
        for (var i = 1; i <= 3; i++)
        {
            Assert.Equal($"V{i - 1}", Folder(engine));
            if (stay == 1 && i % 2 == 0)
                await Task.Delay(1500);
            host.Write("10 \"a\\b\".csx", $"FileInto(\"V{i}\");");
            host.Write("20.csx", i == 2 ? "Keap();" : "// nothing");
            await engine.ReloadAsync(default);
            Assert.Equal(i == 2 ? RuleState.Outdated : RuleState.Live, engine.Status().Rules[1].State);
        }

        Assert.Equal("V3", Folder(engine));
        Assert.Null(engine.Status().CompilerProblem);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Run(RuleEngine engine, string expected)
    {
        Assert.Equal(expected, Folder(engine));
        var failed = engine.Decide(Facts.Mail("x"), To.Anybody, Delivery.Keep);
        Assert.Equal(expected == "A" ? "A" : "INBOX", failed.Folder?.Value);
    }

    private static string? Folder(RuleEngine engine) =>
        engine.Decide(Facts.Mail(), To.Anybody, Delivery.Keep) is { Steps.Count: > 0 } delivery ? delivery.Folder?.Value : null;
}
