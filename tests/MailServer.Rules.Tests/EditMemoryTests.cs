using System.Runtime.Loader;

namespace MailServer.Rules.Tests;

/// <summary>Octets can be counted only while nothing else runs in this process.</summary>
[CollectionDefinition("alone", DisableParallelization = true)]
public sealed class Alone;

/// <summary>Scripts are edited for years, and the server stays as small as it was.</summary>
[Collection("alone")]
public sealed class EditMemoryTests(ITestOutputHelper output)
{
    private const int Edits = 200;

    /// <summary>The first edits load and compile what all of them need.</summary>
    private const int Warm = 30;

    /// <summary>
    /// Octets that may be left of all edits: 300 an edit. A context that stays costs some 10 KiB, a text or its diagnostics some hundreds; caches of the runtime that
    /// grow once have their place too.
    /// </summary>
    private const long Allowance = Edits * 300;

    [Fact]
    public async Task Two_hundred_edits_of_a_global_script_leave_no_context_and_no_memory_behind()
    {
        await using var host = new Host();
        host.Write("10.csx", "FileInto(\"Start\");");
        var engine = await host.StartAsync();
        await AssertNothingStaysAsync(async i =>
        {
            host.Write("10.csx", TextOf(i));
            await engine.ReloadAsync(default);
            Assert.Equal(FolderOf(i), engine.Decide(Facts.Mail(), To.Anybody, Delivery.Keep).Folder?.Value);
        });
        Assert.Equal(0, engine.Status().RetiredAlive);
    }

    [Fact]
    public async Task Two_hundred_edits_of_a_users_script_leave_no_context_and_no_memory_behind()
    {
        await using var host = new UserHost();
        await AssertNothingStaysAsync(async i =>
        {
            host.Write("alice", "10.csx", TextOf(i));
            Assert.Equal(FolderOf(i), (await host.DecideAsync("alice")).Folder?.Value);
        });
    }

    private async Task AssertNothingStaysAsync(Func<int, Task> edit)
    {
        for (var i = 0; i < Warm; i++)
            await edit(i);
        var (before, contexts) = (await SettleAsync(), AssemblyLoadContext.All.Count());
        for (var i = Warm; i < Warm + Edits; i++)
            await edit(i);
        var after = await SettleAsync();
        output.WriteLine($"{before:N0} octets before {Edits} edits, {after:N0} after");
        Assert.Equal(contexts, AssemblyLoadContext.All.Count());
        Assert.True(after - before <= Allowance, $"{before:N0} octets before {Edits} edits, {after:N0} after");
    }

    // Each text once only; every fifth does not compile, and leaves the one before.
    private static string TextOf(int i) => i % 5 == 4 ? $"FileInto(\"F{i}\";" : $"string Name() => \"F{i}\";\nFileInto(Name());\nif (Mail.Subject.Has(\"{i}\")) throw new InvalidOperationException();";

    private static string FolderOf(int i) => $"F{(i % 5 == 4 ? i - 1 : i)}";

    // The last edit goes on as our caller; its variables are on the stack until we let go of the thread.
    private static async Task<long> SettleAsync()
    {
        for (var round = 0; round < 10; round++)
        {
            await Task.Delay(10);
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        return GC.GetTotalMemory(forceFullCollection: true);
    }
}
