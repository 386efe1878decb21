using System.Globalization;
using MailKit.Net.Smtp;
using MailKit.Security;
using MimeKit;

namespace MailServer.Interop.Tests;

/// <summary>Mail from a provider: a second server of ours. Each message comes once, whatever dies, and nothing is deleted there before.</summary>
public sealed class FetchTests(ITestOutputHelper output)
{
    private const int Rounds = 4;

    [InteropTheory]
    [InlineData("imap")]
    [InlineData("pop3")]
    public async Task What_is_at_the_provider_comes_once_and_is_deleted_there_whenever_we_are_killed(string protocol)
    {
        var seed = int.TryParse(Environment.GetEnvironmentVariable("MAILSERVER_SEED"), CultureInfo.InvariantCulture, out var given) ? given : Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        await using var provider = await ServerProcess.StartAsync();
        await using var home = await ServerProcess.StartAsync();
        await SendAsync(provider, 0, 30);
        await home.KillAsync();
        await UseAsync(home, provider, protocol, deletes: true);
        for (var round = 1; round <= Rounds; round++)
        {
            await home.RunAsync();
            await SendAsync(provider, 30 * round, 10);
            await Task.Delay(random.Next(100, 1500));
            await home.KillAsync();
        }

        await home.RunAsync();
        var expected = Enumerable.Range(0, 30).Concat(Enumerable.Range(1, Rounds).SelectMany(round => Enumerable.Range(30 * round, 10))).Select(i => $"m{i}").Order(StringComparer.Ordinal).ToArray();
        for (var i = 0; i < 600 && (Subjects(home).Count < expected.Length || provider.Messages("pop1").Length > 0); i++)
            await Task.Delay(100);
        Assert.True(Subjects(home).SequenceEqual(expected), $"{string.Join(' ', Subjects(home))}\n{home.LogText}");
        Assert.True(provider.Messages("pop1").Length == 0, home.LogText);
    }

    [InteropTheory]
    [InlineData("imap")]
    [InlineData("pop3")]
    public async Task What_is_refused_here_is_never_deleted_there(string protocol)
    {
        await using var provider = await ServerProcess.StartAsync();
        await using var home = await ServerProcess.StartAsync();
        await File.WriteAllTextAsync(Path.Combine(home.Rules, "10.csx"), "if (Mail.Subject.Is(\"m1\")) Reject(\"not wanted\");");
        await home.KillAsync();
        await UseAsync(home, provider, protocol, deletes: true);
        await home.RunAsync();
        await home.SaysAsync("rules in service");

        // Each that comes later comes with another look, which meets the refused one again.
        for (var i = 0; i < 5; i++)
        {
            await SendAsync(provider, i, 1);
            var expected = i == 0 ? 1 : i;
            for (var tries = 0; i != 1 && tries < 600 && Subjects(home).Count < expected; tries++)
                await Task.Delay(100);
        }

        for (var tries = 0; tries < 600 && provider.Messages("pop1").Length > 1; tries++)
            await Task.Delay(100);
        Assert.Equal(["m0", "m2", "m3", "m4"], Subjects(home));
        Assert.Contains("\nSubject: m1\n", Assert.Single(provider.Texts("pop1")), StringComparison.Ordinal);
    }

    [InteropFact]
    public async Task What_is_left_at_the_provider_comes_once_and_is_sorted_by_rules_and_IDLE_brings_it_at_once()
    {
        await using var provider = await ServerProcess.StartAsync();
        await using var home = await ServerProcess.StartAsync();
        await File.WriteAllTextAsync(Path.Combine(home.Rules, "10.csx"), "if (Mail.Subject.Is(\"m1\")) FileInto(\"One\"); if (Envelope.Sender.Is(\"sender@example.net\")) AddFlag(Flagged);");
        await home.KillAsync();
        // An hour: only what the server tells comes sooner.
        await UseAsync(home, provider, "imap", deletes: false, "1h");
        await home.RunAsync();
        for (var i = 0; i < 5; i++)
            await SendAsync(provider, i, 1);
        for (var i = 0; i < 600 && home.Messages("alice").Length + home.Messages("alice", ".One").Length < 5; i++)
            await Task.Delay(100);
        await home.KillAsync();
        await home.RunAsync();
        await SendAsync(provider, 5, 1);
        for (var i = 0; i < 600 && home.Messages("alice").Length < 5; i++)
            await Task.Delay(100);
        Assert.True(home.Messages("alice").Length == 5, home.LogText);
        Assert.Single(home.Messages("alice", ".One"));
        Assert.Equal(6, provider.Messages("pop1").Length);
        Assert.All(home.Messages("alice"), path => Assert.Contains("F", path[path.IndexOf(":2,", StringComparison.Ordinal)..], StringComparison.Ordinal));
        Assert.All(home.Texts("alice"), text => Assert.StartsWith("Return-Path: <sender@example.net>\n", text, StringComparison.Ordinal));
    }

    [InteropFact]
    public async Task A_home_behind_a_provider_gets_mail_from_there_and_answers_through_it()
    {
        await using var provider = await ServerProcess.StartAsync();
        await using var home = await ServerProcess.StartAsync();
        await provider.KillAsync();
        await home.KillAsync();
        // The provider's address is the user's address at home, too; whom the user writes to is a customer of the provider's in another domain.
        await File.AppendAllTextAsync(provider.Config, "\n[[domains]]\nname = \"far.example\"\n");
        await File.AppendAllTextAsync(provider.File("users"), $"carol@far.example:{{PLAIN}}{ServerProcess.Password}\n");
        await provider.RunAsync();
        await File.WriteAllTextAsync(Path.Combine(home.Rules, "10.csx"), "if (Mail.Subject.Is(\"m1\")) FileInto(\"One\");");
        await UseAsync(home, provider, "imap", deletes: true);
        await File.WriteAllTextAsync(home.Config, (await File.ReadAllTextAsync(home.Config)).Replace("deliver_to = \"alice@", "deliver_to = \"pop1@", StringComparison.Ordinal) + $"""

            [plugins.relay]
            smarthost = "localhost:{provider.Port("submission")}"
            tls_trust = "provider.pem"
            user = "pop1@example.org"
            password_file = "provider-password"

            """);
        await home.RunAsync();
        await SendAsync(provider, 1, 1);
        for (var i = 0; i < 600 && home.Messages("pop1", ".One").Length == 0; i++)
            await Task.Delay(100);
        Assert.Single(home.Messages("pop1", ".One"));

        using var client = new SmtpClient { ServerCertificateValidationCallback = (_, certificate, _, _) => home.IsOurs(certificate) };
        await client.ConnectAsync("127.0.0.1", home.Port("submission"), SecureSocketOptions.StartTls);
        await client.AuthenticateAsync("pop1@example.org", ServerProcess.Password);
        var carol = provider.File("data/mail/far.example/carol/Maildir/new");
        await client.SendAsync(Outbox.Numbered(7), new MailboxAddress("", "pop1@example.org"), [new MailboxAddress("", "carol@far.example")]);
        for (var i = 0; i < 600 && !(Directory.Exists(carol) && Directory.GetFiles(carol).Length > 0); i++)
            await Task.Delay(100);
        Assert.True(Directory.Exists(carol) && Directory.GetFiles(carol).Length == 1, $"{home.LogText}\n{provider.LogText}");
    }

    private static List<string> Subjects(ServerProcess server) =>
        [.. server.Texts("alice").Select(text => text.Split('\n').First(line => line.StartsWith("Subject: ", StringComparison.Ordinal))["Subject: ".Length..]).Order(StringComparer.Ordinal)];

    private static async Task UseAsync(ServerProcess home, ServerProcess provider, string protocol, bool deletes, string interval = "1s")
    {
        await File.WriteAllTextAsync(home.File("provider.pem"), await File.ReadAllTextAsync(provider.Certificate));
        await File.WriteAllTextAsync(home.File("provider-password"), ServerProcess.Password + "\n");
        await File.AppendAllTextAsync(home.Config, $"""

            [plugins.fetch]
            accounts = ["provider"]

            [plugins.fetch.provider]
            protocol = "{protocol}"
            server = "localhost:{provider.Port(protocol == "imap" ? "imaps" : "pop3s")}"
            tls_trust = "provider.pem"
            user = "pop1@example.org"
            password_file = "provider-password"
            deliver_to = "alice@example.org"
            delete = {(deletes ? "true" : "false")}
            interval = "{interval}"

            """);
    }

    private static async Task SendAsync(ServerProcess provider, int first, int count)
    {
        using var client = new SmtpClient();
        await client.ConnectAsync("127.0.0.1", provider.Port("mx"), SecureSocketOptions.None);
        for (var i = first; i < first + count; i++)
        {
            var message = Outbox.Numbered(i);
            message.Subject = $"m{i}";
            await client.SendAsync(message, new MailboxAddress("", "sender@example.net"), [new MailboxAddress("", "pop1@example.org")]);
        }
    }
}
