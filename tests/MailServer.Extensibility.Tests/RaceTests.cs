namespace MailServer.Extensibility.Tests;

public sealed class RaceTests
{
    [Fact]
    public async Task Reloads_race_against_sessions_that_begin_talk_and_end()
    {
        var seed = int.TryParse(Environment.GetEnvironmentVariable("MAILSERVER_SEED"), out var given) ? given : Random.Shared.Next();
        TestContext.Current.SendDiagnosticMessage($"MAILSERVER_SEED={seed}");
        try
        {
            await RaceAsync(seed);
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"with MAILSERVER_SEED={seed}", e);
        }
    }

    [Fact]
    public async Task A_session_that_begins_during_a_reload_and_then_keeps_quiet_moves_all_the_same()
    {
        await using var workshop = new Workshop();
        workshop.DeployByCopy("Echo", PluginSource.Echo("v0"));
        Assert.Empty(await workshop.StartAsync());
        var clients = new List<Client>();
        for (var reload = 1; reload <= 30; reload++)
        {
            var begun = Enumerable.Range(0, 8).Select(_ => Task.Run(() => workshop.ConnectAsync())).ToArray();
            Assert.Null(Assert.Single(await workshop.ReloadAsync()).Failure);
            clients.AddRange(await Task.WhenAll(begun));
            await Workshop.UntilAsync(() => workshop.StatusOf("echo").Retired.Sum(old => old.Leases), leases => leases == 0);
        }

        foreach (var client in clients)
            await client.DisposeAsync();
        await workshop.UntilCollectedAsync("echo");
    }

    private static async Task RaceAsync(int seed)
    {
        const int Reloads = 40, Clients = 8;
        await using var workshop = new Workshop();
        workshop.DeployByCopy("Echo", PluginSource.Echo("v0"));
        workshop.DeployByCopy("Roles", PluginSource.Roles("roles", "v0"));
        Assert.Empty(await workshop.StartAsync());
        using var over = new CancellationTokenSource();
        var clients = Enumerable.Range(0, Clients).Select(i => Task.Run(() => TalkAsync(workshop, new Random(seed + i), over.Token))).ToArray();
        var calls = Task.Run(() => LeaseAsync(workshop, over.Token));

        var random = new Random(seed);
        for (var reload = 1; reload <= Reloads; reload++)
        {
            if (random.Next(2) == 0)
                workshop.DeployByRenameOfFile("Echo", PluginSource.Echo($"v{reload}"));
            workshop.DeployByRenameOfFile("Roles", PluginSource.Roles("roles", $"v{reload}"));
            Assert.All(await workshop.ReloadAsync(random.Next(3) == 0 ? "echo" : null), result => Assert.Null(result.Failure));
            await Task.Delay(random.Next(20));
        }

        await over.CancelAsync();
        var commands = (await Task.WhenAll(clients)).Sum();
        var leases = await calls;
        Assert.True(commands > Reloads && leases > Reloads, $"{commands} commands, {leases} leases");
        Assert.Equal(0, workshop.Manager.SessionCount);
        await workshop.UntilCollectedAsync("echo");
        await workshop.UntilCollectedAsync("roles");
    }

    /// <summary>Sessions one after the other; every command is answered, in order, and by no older code than the one before.</summary>
    private static async Task<int> TalkAsync(Workshop workshop, Random random, CancellationToken over)
    {
        var commands = 0;
        while (!over.IsCancellationRequested)
        {
            await using var client = await workshop.ConnectAsync(hardStop: CancellationToken.None);
            var newest = 0;
            var lines = 0;
            for (var left = random.Next(1, 60); left > 0; left--)
            {
                var before = newest;
                if (random.Next(4) == 0)
                {
                    await client.SendAsync("HOLD\r\na\r\nb");
                    lines += 4;
                    newest = VersionIn(await client.AskAsync("."), "held 3 ", "");
                }
                else
                {
                    lines++;
                    newest = VersionIn(await client.AskAsync("NOOP"), "NOOP ", $" {lines}");
                }

                Assert.True(newest >= before, $"v{newest} after v{before}");
                commands++;
            }
        }

        return commands;
    }

    private static int VersionIn(string? reply, string before, string after)
    {
        Assert.StartsWith(before + "v", reply, StringComparison.Ordinal);
        Assert.EndsWith(after, reply, StringComparison.Ordinal);
        return int.Parse(reply![(before.Length + 1)..^after.Length], System.Globalization.CultureInfo.InvariantCulture);
    }

    private static async Task<int> LeaseAsync(Workshop workshop, CancellationToken over)
    {
        var leases = 0;
        for (; !over.IsCancellationRequested; leases++)
        {
            using var lease = workshop.Manager.Lease<IMessageFilter>();
            Assert.StartsWith("v", Assert.Single(lease.Items).Instance.Name, StringComparison.Ordinal);
            await Task.Yield();
            Assert.Single(await workshop.Manager.Accounts.ListAsync(CancellationToken.None));
            if (leases % 100 == 0)
                await Task.Delay(1, CancellationToken.None);
        }

        return leases;
    }
}
