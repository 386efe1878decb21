namespace MailServer.Extensibility.Tests;

public sealed class SessionTests
{
    [Fact]
    public async Task A_session_whose_state_is_refused_goes_on_where_it_is_until_code_comes_that_reads_it()
    {
        await using var workshop = new Workshop();
        workshop.DeployByCopy("Echo", PluginSource.Echo("v1"));
        Assert.Empty(await workshop.StartAsync());
        await using var client = await workshop.ConnectAsync();

        workshop.DeployByCopy("Echo", PluginSource.Echo("v2").With("\"echo/1\"", "\"echo/2\""));
        await workshop.UntilGenerationAsync("echo", 2);
        for (var i = 1; i <= 3; i++)
            Assert.Equal($"NOOP v1 {i}", await client.AskAsync("NOOP"));
        await using (var other = await workshop.ConnectAsync())
            Assert.Equal("NOOP v2 1", await other.AskAsync("NOOP"));
        Assert.Equal(1, Assert.Single(workshop.StatusOf("echo").Retired).Leases);

        workshop.DeployByCopy("Echo", PluginSource.Echo("v3"));
        await workshop.UntilGenerationAsync("echo", 3);
        await workshop.UntilCollectedAsync("echo");
        Assert.Equal("NOOP v3 4", await client.AskAsync("NOOP"));
    }

    [Theory]
    [InlineData("state.Format == Format", "throw new InvalidOperationException()")]
    [InlineData("state.Format == Format", "throw new OwnException()")]
    public async Task Code_that_throws_when_asked_whether_it_reads_a_state_does_not_get_the_session(string good, string bad)
    {
        await using var workshop = new Workshop();
        workshop.DeployByCopy("Echo", PluginSource.Echo("v1"));
        Assert.Empty(await workshop.StartAsync());
        await using var client = await workshop.ConnectAsync();

        workshop.DeployByCopy("Echo", PluginSource.Echo("v2").With(good, bad).With("public sealed class EchoPlugin", "public sealed class OwnException : Exception;\npublic sealed class EchoPlugin"));
        await workshop.UntilGenerationAsync("echo", 2);
        Assert.Equal("NOOP v1 1", await client.AskAsync("NOOP"));
        workshop.DeployByCopy("Echo", PluginSource.Echo("v3"));
        await workshop.UntilGenerationAsync("echo", 3);
        await workshop.UntilCollectedAsync("echo");
        Assert.Equal("NOOP v3 2", await client.AskAsync("NOOP"));
    }

    [Fact]
    public async Task A_handler_that_throws_ends_its_session_alone()
    {
        await using var workshop = new Workshop();
        workshop.DeployByCopy("Echo", PluginSource.Echo("v1"));
        Assert.Empty(await workshop.StartAsync());
        await using var other = await workshop.ConnectAsync();
        var client = await workshop.ConnectAsync();

        Assert.Null(await client.AskAsync("THROW"));
        await client.Session;

        Assert.True(client.Connection.IsAborted);
        Assert.Equal("NOOP v1 1", await other.AskAsync("NOOP"));
        Assert.Equal((1, 1), (workshop.Manager.SessionCount, workshop.StatusOf("echo").Sessions));
        Assert.Null(Assert.Single(await workshop.ReloadAsync()).Failure);
        await workshop.UntilCollectedAsync("echo");
    }

    [Fact]
    public async Task A_handler_that_hands_over_unasked_without_end_loses_its_session()
    {
        await using var workshop = new Workshop();
        workshop.DeployByCopy("Echo", PluginSource.Echo("v1").With("if (!connection.IsDraining || isHolding)", "if (seen == 0)"));
        Assert.Empty(await workshop.StartAsync());
        var client = await workshop.ConnectAsync();
        for (var i = 0; i < 20 && !client.Connection.IsAborted; i++)
        {
            await client.SendAsync("NOOP");
            await client.ReadLineAsync();
        }

        await client.Session;
        Assert.True(client.Connection.IsAborted);
    }

    [Fact]
    public async Task A_protocol_that_nobody_serves_ends_the_connection()
    {
        await using var workshop = new Workshop();
        Assert.Empty(await workshop.StartAsync());
        var client = workshop.Connect("gopher");
        await client.Session;
        Assert.True(client.Connection.IsAborted);
        Assert.False(workshop.Manager.Serves("gopher"));
    }

    [Fact]
    public async Task When_the_server_stops_sessions_say_goodbye_and_those_in_a_command_at_its_end()
    {
        await using var workshop = new Workshop();
        workshop.DeployByCopy("Echo", PluginSource.Echo("v1"));
        Assert.Empty(await workshop.StartAsync());
        var idle = await workshop.ConnectAsync();
        var busy = await workshop.ConnectAsync();
        await busy.SendAsync("HOLD");

        workshop.Manager.CloseSessions();

        Assert.Equal("closing", await idle.ReadLineAsync());
        await idle.Session;
        var late = await workshop.ConnectAsync();
        Assert.Equal("closing", await late.ReadLineAsync());
        await late.Session;
        Assert.Equal("held 1 v1", await busy.AskAsync("."));
        Assert.Equal("closing", await busy.ReadLineAsync());
        await busy.Session;
        Assert.Equal(0, workshop.Manager.SessionCount);
    }

    [Fact]
    public async Task At_the_end_of_the_drain_time_a_session_ends_in_the_midst_of_its_command()
    {
        await using var workshop = new Workshop();
        workshop.DeployByCopy("Echo", PluginSource.Echo("v1"));
        Assert.Empty(await workshop.StartAsync());
        using var hardStop = new CancellationTokenSource();
        var busy = await workshop.ConnectAsync(hardStop: hardStop.Token);
        await busy.SendAsync("HOLD");
        workshop.DeployByCopy("Echo", PluginSource.Echo("v2"));
        await workshop.UntilGenerationAsync("echo", 2);
        workshop.Manager.CloseSessions();
        Assert.Equal(1, workshop.Manager.SessionCount);

        await hardStop.CancelAsync();

        await busy.Session;
        Assert.True(busy.Connection.IsAborted);
        Assert.Equal(0, workshop.Manager.SessionCount);
        await workshop.UntilCollectedAsync("echo");
    }
}
