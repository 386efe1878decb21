namespace MailServer.Extensibility.Tests;

public sealed class DeploymentTests
{
    [Theory]
    [InlineData("copy")]
    [InlineData("rename of the folder")]
    [InlineData("rename of the file")]
    public async Task A_new_plugin_and_a_new_version_of_it_are_seen(string way)
    {
        await using var workshop = new Workshop();
        Assert.Empty(await workshop.StartAsync());
        for (var generation = 1; generation <= 3; generation++)
        {
            var source = PluginSource.Echo($"v{generation}");
            switch (way)
            {
                case "copy": workshop.DeployByCopy("Echo", source); break;
                case "rename of the folder": workshop.DeployByRename("Echo", source); break;
                case "rename of the file": workshop.DeployByRenameOfFile("Echo", source); break;
            }

            await workshop.UntilGenerationAsync("echo", generation);
            await using var client = await workshop.ConnectAsync();
            Assert.Equal($"NOOP v{generation} 1", await client.AskAsync("NOOP"));
        }

        Assert.Equal(PluginState.Active, workshop.StatusOf("echo").State);
        await workshop.UntilCollectedAsync("echo");
    }
}
