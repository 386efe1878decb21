using System.Text;
using MailServer.Pipeline;
using Microsoft.Extensions.Logging;

namespace MailServer.Extensibility.Tests;

/// <summary>The project's protocols play their parts to the end, on the real store and pipeline.</summary>
public sealed class RehearsalTests
{
    [Fact]
    public async Task All_protocols_play_their_parts_to_the_end_and_still_unload()
    {
        string[] names = ["Imap", "Pop3", "Smtp"];
        await using var workshop = new Workshop();
        foreach (var name in names)
            workshop.Deploy(name);
        Assert.Empty(await workshop.StartAsync());
        for (var i = 0; i < 6; i++)
            await DeliverAsync(workshop);

        var played = await RehearseAsync(workshop, TestContext.Current.CancellationToken);

        Assert.Equal(["imap", "lmtp", "pop3", "smtp", "submission"], played.Order(StringComparer.Ordinal));
        Assert.Equal(0, workshop.Manager.SessionCount);
        foreach (var name in names)
            workshop.DeployChanged(name, 1);
        Assert.All(await workshop.ReloadAsync(), result => Assert.Null(result.Failure));
        foreach (var name in names)
            await workshop.UntilCollectedAsync(name.ToLowerInvariant());
    }

    [Fact]
    public async Task A_part_that_is_not_answered_and_one_given_up_leave_the_plugin_in_service()
    {
        await using var workshop = new Workshop();
        workshop.Deploy("Pop3");
        Assert.Empty(await workshop.StartAsync());

        // Without a message RETR 1 is answered -ERR, and the client would wait for the end of a message.
        using var given = new CancellationTokenSource(TimeSpan.FromMilliseconds(300));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await RehearseAsync(workshop, given.Token));

        Assert.Equal(PluginState.Active, workshop.StatusOf("pop3").State);
        await using var client = await workshop.ConnectAsync("pop3");
        Assert.StartsWith("+OK", await client.AskAsync("QUIT"), StringComparison.Ordinal);
    }

    private static async Task DeliverAsync(Workshop workshop)
    {
        await using var spool = workshop.Maildirs.CreateSpool();
        await spool.Writer.WriteAsync(Encoding.ASCII.GetBytes("From: a@example.org\r\nSubject: one\r\n\r\none\r\n"));
        Assert.Null(await spool.SealAsync(default, default));
        Assert.True((await workshop.Maildirs.DeliverAsync(spool, Cast.Nobody, FolderName.Inbox, default, default)).TryGet(out _, out _));
    }

    private static async Task<IReadOnlyList<string>> RehearseAsync(Workshop workshop, CancellationToken cancellationToken)
    {
        var cast = new Cast();
        return await workshop.Manager.RehearseAsync(new Stage(workshop, cast), cast, cast, cancellationToken);
    }

    private sealed class Stage(Workshop workshop, Cast cast) : IPluginServices
    {
        public ConfigSection ConfigOf(string pluginId) => workshop.ConfigOf(pluginId);

        public string DataDirectoryOf(string pluginId) => workshop.DataDirectoryOf(pluginId);

        public ILoggerFactory Logging => workshop.Logging;

        public TimeProvider Time => workshop.Time;

        public ServerInfo Server { get; } = workshop.Server with { Domains = ["localhost"] };

        public IMailIngress Ingress { get; } = MailPipeline.ForOneAccount(new() { Server = workshop.Server }, workshop.Maildirs, cast, workshop.Time);

        public IMailStore Store => workshop.Store;

        public IPasswordHasher Passwords => workshop.Passwords;

        public ISasl SaslOver(IAuthenticator authenticator) => workshop.SaslOver(authenticator);
    }

    private sealed class Cast : IAuthenticator, IAccountDirectory
    {
        public static User Nobody { get; } = new() { Name = "nobody", Address = new("nobody", "localhost") };

        public ValueTask<AuthResult> AuthenticateAsync(Credentials credentials, ConnectionInfo connection, CancellationToken cancellationToken) =>
            new(new AuthResult(AuthOutcome.Accepted, Nobody));

        public ValueTask<Outcome<User>> FindAsync(EmailAddress address, CancellationToken cancellationToken) => new(Nobody);

        public ValueTask<IReadOnlyList<User>> ListAsync(CancellationToken cancellationToken) => new([Nobody]);
    }
}
