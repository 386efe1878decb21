using MailServer.TestKit;

namespace MailServer.Extensibility.Tests;

public sealed class LifetimeTests
{
    private static readonly PluginTimings Impatient = new()
    {
        Step = TimeSpan.FromSeconds(2),
        Quiet = TimeSpan.FromMilliseconds(30),
        Unfinished = TimeSpan.FromMilliseconds(300),
        Audit = TimeSpan.FromMilliseconds(200),
    };

    [Fact]
    public async Task A_generation_that_leaks_shows_in_the_status_as_retired_but_alive()
    {
        await using var workshop = new Workshop(timings: Impatient);
        workshop.DeployByCopy("Misfit", PluginSource.Misfit("static timer"));
        Assert.Empty(await workshop.StartAsync());

        workshop.DeployByCopy("Misfit", PluginSource.Misfit());
        await workshop.UntilGenerationAsync("misfit", 2);
        await Workshop.UntilAsync(() => workshop.StatusOf("misfit").Retired, retired => retired is [{ IsLeaking: true }]);

        var status = workshop.StatusOf("misfit");
        Assert.Equal((PluginState.Active, 2, 1, null), (status.State, status.Generation, status.RetiredAlive, status.LastError));
        Assert.Equal((1, 0), (status.Retired[0].Generation, status.Retired[0].Leases));
    }

    [Theory]
    [InlineData("host timer")]
    [InlineData("host delay")]
    [InlineData("token")]
    [InlineData("late")]
    public async Task What_a_plugin_forgets_to_end_ends_with_its_generation(string way)
    {
        await using var workshop = new Workshop(timings: Impatient with { Audit = TimeSpan.FromSeconds(30) });
        workshop.DeployByCopy("Misfit", PluginSource.Misfit(way));
        Assert.Empty(await workshop.StartAsync());
        Assert.Null(Assert.Single(await workshop.ReloadAsync()).Failure);
        await workshop.UntilCollectedAsync("misfit");
        Assert.False(workshop.Manager.Serves("late"));
    }

    [Theory]
    [InlineData("dispose throws")]
    [InlineData("dispose hangs")]
    public async Task A_plugin_that_cannot_be_disposed_is_unloaded_all_the_same(string way)
    {
        await using var workshop = new Workshop(timings: Impatient with { Audit = TimeSpan.FromSeconds(30) });
        workshop.DeployByCopy("Misfit", PluginSource.Misfit(way));
        Assert.Empty(await workshop.StartAsync());
        Assert.Null(Assert.Single(await workshop.ReloadAsync("misfit")).Failure);
        await workshop.UntilCollectedAsync("misfit");
    }

    [Fact]
    public async Task A_plugin_that_hangs_in_configuration_is_given_up_and_unloaded()
    {
        await using var workshop = new Workshop(timings: Impatient);
        workshop.DeployByCopy("Misfit", PluginSource.Misfit());
        Assert.Empty(await workshop.StartAsync());
        workshop.Config["misfit"] = new TestConfig(("way", "hang"));

        var result = Assert.Single(await workshop.ReloadAsync("misfit"));

        Assert.Contains("ConfigureAsync takes longer than 2 s", result.Failure, StringComparison.Ordinal);
        Assert.Equal((PluginState.Kept, 1), (workshop.StatusOf("misfit").State, workshop.StatusOf("misfit").Generation));
        await workshop.UntilCollectedAsync("misfit");
    }

    [Fact]
    public async Task A_lease_keeps_a_generation_until_it_is_given_back()
    {
        await using var workshop = new Workshop();
        workshop.DeployByCopy("Roles", PluginSource.Roles("roles", "v1"));
        Assert.Empty(await workshop.StartAsync());
        using var first = workshop.Manager.Lease<IMessageFilter>();
        using var second = workshop.Manager.Lease<IDeliveryRule>();

        workshop.DeployByCopy("Roles", PluginSource.Roles("roles", "v2"));
        await workshop.UntilGenerationAsync("roles", 2);

        Assert.Equal(2, Assert.Single(workshop.StatusOf("roles").Retired).Leases);
        Assert.Equal("v1", NameOfFirst(first));
        using (var third = workshop.Manager.Lease<IMessageFilter>())
            Assert.Equal("v2", NameOfFirst(third));
        first.Dispose();
        Assert.Equal(1, Assert.Single(workshop.StatusOf("roles").Retired).Leases);
        second.Dispose();
        second.Dispose();
        await workshop.UntilCollectedAsync("roles");
    }

    [Fact]
    public async Task All_roles_of_a_plugin_are_there_and_change_with_it()
    {
        await using var workshop = new Workshop(load: ["zeta", "alpha"]);
        workshop.DeployByCopy("Alpha", PluginSource.Roles("alpha", "a1"));
        workshop.DeployByCopy("Zeta", PluginSource.Roles("zeta", "z1"));
        Assert.Empty(await workshop.StartAsync());

        Assert.Equal(["z1", "a1"], await NamesAsync(workshop));
        Assert.Equal("zeta alpha", Ids(workshop));
        workshop.DeployByCopy("Alpha", PluginSource.Roles("alpha", "a2"));
        await workshop.UntilGenerationAsync("alpha", 2);
        Assert.Equal(["z1", "a2"], await NamesAsync(workshop));
        Assert.Equal(AuthOutcome.Accepted, await LogInAsync(workshop, "someone", "a2"));
        Assert.Equal(AuthOutcome.Accepted, await LogInAsync(workshop, "someone", "z1"));
        Assert.Equal(AuthOutcome.Unknown, await LogInAsync(workshop, "someone", "a1"));
        Assert.True((await workshop.Manager.Accounts.FindAsync(new("a2", "example.org"), CancellationToken.None)).TryGet(out var user, out _));
        Assert.Equal("a2", user.Name);
        await workshop.UntilCollectedAsync("alpha");
    }

    [Fact]
    public async Task An_authenticator_that_throws_is_unavailable_and_its_exception_keeps_nothing()
    {
        await using var workshop = new Workshop();
        workshop.DeployByCopy("Roles", PluginSource.Roles("roles", "v1"));
        Assert.Empty(await workshop.StartAsync());
        Assert.Equal(AuthOutcome.Unavailable, await LogInAsync(workshop, "throw", ""));
        Assert.Null(Assert.Single(await workshop.ReloadAsync()).Failure);
        await workshop.UntilCollectedAsync("roles");
    }

    // Methods of their own: a test's frame keeps what its locals held.
    private static string NameOfFirst(RoleLease<IMessageFilter> lease) => lease.Items[0].Instance.Name;

    private static string Ids(Workshop workshop)
    {
        using var lease = workshop.Manager.Lease<IDeliveryRule>();
        return string.Join(' ', lease.Items.Select(item => item.PluginId));
    }

    private static async Task<string[]> NamesAsync(Workshop workshop) =>
        [.. (await workshop.Manager.Accounts.ListAsync(CancellationToken.None)).Select(user => user.Name)];

    private static async Task<AuthOutcome> LogInAsync(Workshop workshop, string name, string secret) =>
        (await workshop.Manager.Authenticator.AuthenticateAsync(new Credentials.Password("", name, secret), new PipeConnection().Info, CancellationToken.None)).Outcome;
}
