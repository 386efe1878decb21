using MailKit.Net.Smtp;
using MailKit.Security;
using MimeKit;

namespace MailServer.Interop.Tests;

/// <summary>Mail between a server of ours and Postfix, both ways, with TLS.</summary>
public sealed class PostfixTests
{
    [InteropFact]
    public async Task Mail_goes_to_Postfix_and_comes_from_it_as_it_was_written()
    {
        await using var server = await ServerProcess.StartAsync();
        await using var postfix = await PostfixProcess.StartAsync(server);
        await UseAsync(server, postfix);
        var body = "a\r\n.\r\n..b\r\n.c\r\n" + new string('x', 900) + "\r\ngr\u00fc\u00dfe\r\n\r\n\r\n";

        await SendAsync(server.Port("submission"), server, "alice@example.org", "dave@far.example", body);
        await postfix.HasAsync(1);
        var there = postfix.Messages.Single();
        Assert.EndsWith(body.ReplaceLineEndings("\n"), there, StringComparison.Ordinal);
        Assert.StartsWith("Return-Path: <alice@example.org>\n", there, StringComparison.Ordinal);

        await SendAsync(postfix.Port, server, "dave@far.example", "alice@example.org", body);
        await HasAsync(server, postfix, 1);
        var here = server.Texts("alice").Single();
        Assert.EndsWith(body.ReplaceLineEndings("\n"), here, StringComparison.Ordinal);
        Assert.Contains("Received: from mail.far.example ([127.0.0.1])\n\tby mx.example.org with ESMTPS", here, StringComparison.Ordinal);
    }

    [InteropFact]
    public async Task Who_writes_to_nobody_is_told_by_whichever_server_had_to_give_up()
    {
        await using var server = await ServerProcess.StartAsync();
        await using var postfix = await PostfixProcess.StartAsync(server);
        await UseAsync(server, postfix);

        await SendAsync(server.Port("submission"), server, "alice@example.org", "nobody@far.example", "x\r\n");
        await HasAsync(server, postfix, 1);
        var notice = server.Texts("alice").Single();
        Assert.Contains("Final-Recipient: rfc822; nobody@far.example\nAction: failed\nStatus: 5.1.1\n", notice, StringComparison.Ordinal);

        await SendAsync(postfix.Port, server, "dave@far.example", "nobody@example.org", "x\r\n");
        await postfix.HasAsync(1);
        Assert.Contains("Final-Recipient: rfc822; nobody@example.org", postfix.Messages.Single(), StringComparison.Ordinal);
        Assert.Contains("Status: 5.1.1", postfix.Messages.Single(), StringComparison.Ordinal);
    }

    private static async Task UseAsync(ServerProcess server, PostfixProcess postfix)
    {
        await File.AppendAllTextAsync(server.Config, $"""

            [plugins.relay]
            smarthost = "127.0.0.1:{postfix.Port}"
            tls_trust = "cert.pem"

            """);
        await server.SignalAsync("HUP");
        for (var i = 0; i < 300 && (await server.PluginAsync("relay")).GetProperty("generation").GetInt32() < 2; i++)
            await Task.Delay(100);
    }

    private static async Task HasAsync(ServerProcess server, PostfixProcess postfix, int count)
    {
        for (var i = 0; i < 600 && server.Messages("alice").Length < count; i++)
            await Task.Delay(100);
        Assert.True(server.Messages("alice").Length >= count, $"nothing came\n{server.LogText}\n{postfix.LogText}");
    }

    private static async Task SendAsync(int port, ServerProcess server, string from, string to, string body)
    {
        using var client = new SmtpClient { ServerCertificateValidationCallback = (_, certificate, _, _) => server.IsOurs(certificate) };
        await client.ConnectAsync("127.0.0.1", port, SecureSocketOptions.StartTls);
        if (port == server.Port("submission"))
            await client.AuthenticateAsync(from, ServerProcess.Password);
        var message = MimeMessage.Load(new MemoryStream(System.Text.Encoding.UTF8.GetBytes(
            $"From: {from}\r\nTo: {to}\r\nSubject: x\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{body}")));
        await client.SendAsync(message, new MailboxAddress("", from), [new MailboxAddress("", to)]);
    }
}
