using MailKit.Net.Imap;
using MailKit.Net.Pop3;
using MailKit.Net.Smtp;
using MailKit.Security;
using MailServer.Accounts;

namespace MailServer.Interop.Tests;

/// <summary>Ways to log in that say no password, as a client library does them, over each protocol and TLS.</summary>
public sealed class SaslTests
{
    [InteropFact]
    public async Task Each_protocol_lets_in_who_knows_the_password()
    {
        await using var server = await ServerProcess.StartAsync();
        var hash = await new PasswordHasher().HashAsync(ServerProcess.Password, CancellationToken.None);
        await File.WriteAllTextAsync(server.File("users.new"), $"alice@example.org:{hash}\n");
        File.Move(server.File("users.new"), server.File("users"), overwrite: true);

        await LogInAsync(server, "SCRAM-SHA-256", ServerProcess.Password, isRight: true);
        await LogInAsync(server, "SCRAM-SHA-256-PLUS", ServerProcess.Password, isRight: true);
        await LogInAsync(server, "SCRAM-SHA-256-PLUS", "wrong", isRight: false);
        await LogInAsync(server, "LOGIN", ServerProcess.Password, isRight: true);
    }

    [InteropFact]
    public async Task SCRAM_is_not_offered_while_one_account_has_no_keys_for_it()
    {
        await using var server = await ServerProcess.StartAsync();
        using var imap = new ImapClient { ServerCertificateValidationCallback = (_, certificate, _, _) => server.IsOurs(certificate) };
        await imap.ConnectAsync("127.0.0.1", server.Port("imap"), SecureSocketOptions.StartTls);
        Assert.Equal(["LOGIN", "PLAIN"], imap.AuthenticationMechanisms.Order());
    }

    private static async Task LogInAsync(ServerProcess server, string mechanism, string password, bool isRight)
    {
        using var imap = new ImapClient { ServerCertificateValidationCallback = (_, certificate, _, _) => server.IsOurs(certificate) };
        await imap.ConnectAsync("127.0.0.1", server.Port("imap"), SecureSocketOptions.StartTls);
        Assert.Contains(mechanism, imap.AuthenticationMechanisms);
        Assert.Equal(isRight, await SucceedsAsync(() => imap.AuthenticateAsync(Mechanism(mechanism, password))));

        using var pop3 = new Pop3Client { ServerCertificateValidationCallback = (_, certificate, _, _) => server.IsOurs(certificate) };
        await pop3.ConnectAsync("127.0.0.1", server.Port("pop3s"), SecureSocketOptions.SslOnConnect);
        Assert.Contains(mechanism, pop3.AuthenticationMechanisms);
        Assert.Equal(isRight, await SucceedsAsync(() => pop3.AuthenticateAsync(Mechanism(mechanism, password))));

        using var smtp = new SmtpClient { ServerCertificateValidationCallback = (_, certificate, _, _) => server.IsOurs(certificate) };
        await smtp.ConnectAsync("127.0.0.1", server.Port("submission"), SecureSocketOptions.StartTls);
        Assert.Contains(mechanism, smtp.AuthenticationMechanisms);
        Assert.Equal(isRight, await SucceedsAsync(() => smtp.AuthenticateAsync(Mechanism(mechanism, password))));
    }

    private static SaslMechanism Mechanism(string name, string password) => name switch
    {
        "SCRAM-SHA-256" => new SaslMechanismScramSha256("alice@example.org", password),
        "SCRAM-SHA-256-PLUS" => new SaslMechanismScramSha256Plus("alice@example.org", password),
        _ => new SaslMechanismLogin("alice@example.org", password),
    };

    private static async Task<bool> SucceedsAsync(Func<Task> authenticate)
    {
        try
        {
            await authenticate();
            return true;
        }
        catch (AuthenticationException)
        {
            return false;
        }
    }
}
