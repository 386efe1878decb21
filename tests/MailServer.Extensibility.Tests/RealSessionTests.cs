using MailServer.TestKit;

namespace MailServer.Extensibility.Tests;

/// <summary>The project's protocols, with the real store and pipeline, reloaded under their sessions.</summary>
public sealed class RealSessionTests
{
    private static readonly string[] Protocols = ["Smtp", "Imap", "Pop3"];

    [Fact]
    public async Task Sessions_of_all_protocols_go_on_with_changed_code_and_no_old_context_stays()
    {
        const int Reloads = 10;
        await using var workshop = await StartAsync();
        var idle = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => IdleAsync(workshop)));
        var sending = await Task.WhenAll(Enumerable.Range(0, 5).Select(i => SendAsync(workshop, i)));
        var imap = await LogInToImapAsync(workshop);
        var smtp = await GreetAsync(workshop);
        var pop3 = await LogInToPop3Async(workshop);

        for (var reload = 1; reload <= Reloads; reload++)
        {
            foreach (var name in Protocols)
                workshop.DeployChanged(name, reload);
            Assert.All(await workshop.ReloadAsync(), result => Assert.Null(result.Failure));
            await Workshop.UntilAsync(() => Leases(workshop), leases => leases == sending.Length);
            var text = RealPlugins.NoopTextOf(reload);
            Assert.Contains($"n OK {text}", await imap.AskAsync("n NOOP", "n "), StringComparison.Ordinal);
            Assert.Equal($"250 2.0.0 {text}", await smtp.AskAsync("NOOP"));
            Assert.Equal($"+OK {text}", await pop3.AskAsync("NOOP"));
            foreach (var client in sending)
                await client.SendAsync($"line {reload}");
        }

        foreach (var client in sending)
        {
            Assert.StartsWith("250 2.0.0", await client.AskAsync("."), StringComparison.Ordinal);
            // The message ended on the code it began with; the next command is the new code's.
            Assert.Equal($"250 2.0.0 {RealPlugins.NoopTextOf(Reloads)}", await client.AskAsync("NOOP"));
        }

        foreach (var client in idle)
        {
            await client.ReadToAsync($"* {sending.Length} EXISTS");
            Assert.Contains("i OK", await client.AskAsync("DONE", "i "), StringComparison.Ordinal);
            Assert.Contains(RealPlugins.NoopTextOf(Reloads), await client.AskAsync("n NOOP", "n "), StringComparison.Ordinal);
        }

        await CheckMailAsync(imap, sending.Length, Reloads);
        foreach (var name in Protocols)
            await workshop.UntilCollectedAsync(name.ToLowerInvariant());
        foreach (var client in (Client[])[.. idle, .. sending, imap, smtp, pop3])
        {
            Assert.False(client.Connection.IsAborted);
            await client.DisposeAsync();
        }

        Assert.Equal(0, workshop.Manager.SessionCount);
    }

    [Fact]
    public async Task The_login_goes_on_over_a_reload_of_the_password_file()
    {
        await using var workshop = await StartAsync();
        await using var before = await LogInToImapAsync(workshop);
        for (var reload = 0; reload < 5; reload++)
        {
            Assert.Null(Assert.Single(await workshop.ReloadAsync("auth.passwordfile")).Failure);
            await using var after = await LogInToPop3Async(workshop);
            Assert.Contains("n OK", await before.AskAsync("n NOOP", "n "), StringComparison.Ordinal);
        }

        await workshop.UntilCollectedAsync("auth.passwordfile");
    }

    [Fact]
    public async Task When_the_server_stops_every_protocol_says_so()
    {
        await using var workshop = await StartAsync();
        var idle = await IdleAsync(workshop);
        var smtp = await GreetAsync(workshop);
        var pop3 = await LogInToPop3Async(workshop);

        workshop.Manager.CloseSessions();

        await idle.ReadToAsync("* BYE ");
        Assert.StartsWith("421 4.3.2 ", await smtp.ReadLineAsync(), StringComparison.Ordinal);
        Assert.StartsWith("-ERR [SYS/TEMP] ", await pop3.ReadLineAsync(), StringComparison.Ordinal);
        foreach (var client in new[] { idle, smtp, pop3 })
            await client.Session;
        Assert.Equal(0, workshop.Manager.SessionCount);
    }

    private static async Task<Workshop> StartAsync()
    {
        var workshop = new Workshop();
        var users = Path.Combine(workshop.Plugins, "users");
        await File.WriteAllTextAsync(users, "alice@example.org:{PLAIN}secret\n");
        workshop.Config["auth.passwordfile"] = new TestConfig(("file", users));
        foreach (var name in (string[])["Auth.PasswordFile", .. Protocols])
            workshop.Deploy(name);
        Assert.Empty(await workshop.StartAsync());
        return workshop;
    }

    private static int Leases(Workshop workshop) =>
        Protocols.Sum(name => workshop.StatusOf(name.ToLowerInvariant()).Retired.Sum(old => old.Leases));

    private static async Task<Client> LogInToImapAsync(Workshop workshop)
    {
        var client = await workshop.ConnectAsync("imap");
        Assert.Contains("a OK", await client.AskAsync("a LOGIN alice@example.org secret", "a "), StringComparison.Ordinal);
        Assert.Contains("s OK", await client.AskAsync("s SELECT INBOX", "s "), StringComparison.Ordinal);
        return client;
    }

    private static async Task<Client> IdleAsync(Workshop workshop)
    {
        var client = await LogInToImapAsync(workshop);
        await client.AskAsync("i IDLE", "+ ");
        return client;
    }

    private static async Task<Client> GreetAsync(Workshop workshop)
    {
        var client = await workshop.ConnectAsync("smtp");
        await client.AskAsync("EHLO client.example.net", "250 ");
        return client;
    }

    private static async Task<Client> SendAsync(Workshop workshop, int number)
    {
        var client = await GreetAsync(workshop);
        await client.AskAsync("MAIL FROM:<sender@example.net>", "250 ");
        await client.AskAsync("RCPT TO:<alice@example.org>", "250 ");
        await client.AskAsync("DATA", "354 ");
        await client.SendAsync($"Subject: number {number}\r\n");
        return client;
    }

    private static async Task<Client> LogInToPop3Async(Workshop workshop)
    {
        var client = await workshop.ConnectAsync("pop3");
        await client.AskAsync("USER alice@example.org", "+OK");
        await client.AskAsync("PASS secret", "+OK");
        return client;
    }

    private static async Task CheckMailAsync(Client imap, int messages, int lines)
    {
        await imap.AskAsync("n NOOP", "n ");
        var all = await imap.AskAsync("f FETCH 1:* BODY.PEEK[]", "f ");
        for (var i = 0; i < messages; i++)
            Assert.Equal(2, all.Split($"Subject: number {i}\n").Length);
        for (var line = 1; line <= lines; line++)
            Assert.Equal(messages + 1, all.Split($"\nline {line}\n").Length);
    }
}
