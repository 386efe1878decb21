namespace MailServer.Extensibility.Tests;

public sealed class HandOverTests
{
    private const int Reloads = 30;

    [Fact]
    public async Task Sessions_go_on_with_the_new_code_at_their_next_command_and_no_old_context_stays()
    {
        await using var workshop = new Workshop();
        workshop.DeployByRename("Echo", PluginSource.Echo("v0"));
        Assert.Empty(await workshop.StartAsync());
        var idle = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => workshop.ConnectAsync()));
        var busy = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => workshop.ConnectAsync()));
        foreach (var client in busy)
            await client.SendAsync("HOLD");

        for (var reload = 1; reload <= Reloads; reload++)
        {
            workshop.DeployByRenameOfFile("Echo", PluginSource.Echo($"v{reload}"));
            Assert.Null(Assert.Single(await workshop.ReloadAsync()).Failure);
            await Workshop.UntilAsync(
                () => workshop.StatusOf("echo").Retired.Sum(old => old.Leases), leases => leases == busy.Length);

            // Sessions in the midst of a command end it on the code it began with; half of them now, and begin another.
            foreach (var (client, i) in busy.Select((client, i) => (client, i)))
                Assert.Null(i % 2 == reload % 2 ? await EndHoldAsync(client, Math.Max(0, reload - (reload == 1 ? 1 : 2))) : null);

            foreach (var client in idle)
                Assert.Equal($"NOOP v{reload} {reload}", await client.AskAsync("NOOP"));
        }

        foreach (var client in idle.Concat(busy))
            Assert.False(client.Connection.IsAborted);
        Assert.Equal(60, workshop.Manager.SessionCount);
        foreach (var client in idle.Concat(busy))
            await client.DisposeAsync();
        await workshop.UntilCollectedAsync("echo");
        Assert.Equal(0, workshop.Manager.SessionCount);
    }

    private static async Task<string?> EndHoldAsync(Client client, int began)
    {
        await client.SendAsync("more");
        var reply = await client.AskAsync(".");
        await client.SendAsync("HOLD");
        return reply == $"held 2 v{began}" ? null : $"{reply}, not by v{began}";
    }
}
