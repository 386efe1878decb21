using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using MailServer.TestKit;

namespace MailServer.Interop.Tests;

/// <summary>A real Postfix on loopback: it takes mail for dave at far.example into a Maildir, and sends mail for example.org to a server of ours.</summary>
internal sealed partial class PostfixProcess : IAsyncDisposable
{
    private readonly TempDirectory _directory = new();

    private PostfixProcess() { }

    public int Port { get; private set; }

    public string LogText => File.Exists(_directory.File("log/maillog")) ? File.ReadAllText(_directory.File("log/maillog")) : "";

    /// <summary>What has come for dave.</summary>
    public List<string> Messages
    {
        get
        {
            var folder = _directory.File("mail/dave/new");
            return Directory.Exists(folder) ? [.. Directory.GetFiles(folder).Select(File.ReadAllText)] : [];
        }
    }

    /// <param name="server">The server that mail for example.org goes to; its certificate is Postfix's too.</param>
    public static async Task<PostfixProcess> StartAsync(ServerProcess server)
    {
        var postfix = new PostfixProcess();
        var said = "";
        // Somebody else may take the port between the look and the start.
        for (var tries = 0; tries < 3; tries++)
        {
            postfix.Port = FreePort();
            await postfix.WriteConfigAsync(server);
            said = (await Tool.RunAsync("/usr/sbin/postfix", "-c", postfix._directory.File("conf"), "start")).ToString();
            if (await postfix.AnswersAsync())
                return postfix;
        }

        throw new TimeoutException($"Postfix did not start: {said}\n{postfix.LogText}");
    }

    /// <summary>Waits until as many messages have come for dave.</summary>
    public async Task HasAsync(int count)
    {
        for (var i = 0; i < 600 && Messages.Count < count; i++)
            await Task.Delay(100);
        Assert.True(Messages.Count >= count, $"{Messages.Count} of {count} messages came\n{LogText}");
    }

    public async ValueTask DisposeAsync()
    {
        await Tool.RunAsync("/usr/sbin/postfix", "-c", _directory.File("conf"), "abort");
        _directory.Dispose();
    }

    private async Task<bool> AnswersAsync()
    {
        for (var tries = 0; tries < 200; tries++)
            try
            {
                using var client = new TcpClient();
                await client.ConnectAsync(IPAddress.Loopback, Port);
                using var reader = new StreamReader(client.GetStream());
                return (await reader.ReadLineAsync())?.Contains("mail.far.example", StringComparison.Ordinal) == true;
            }
            catch (SocketException)
            {
                await Task.Delay(100);
            }

        return false;
    }

    private async Task WriteConfigAsync(ServerProcess server)
    {
        foreach (var folder in new[] { "conf", "queue", "data", "log", "mail" })
            Directory.CreateDirectory(_directory.File(folder));
        // Other users' processes go through the folder.
        await Tool.RunAsync("chmod", "755", _directory.Path);
        await Tool.RunAsync("chown", "postfix", _directory.File("data"));
        await Tool.RunAsync("chown", "nobody", _directory.File("mail"));
        foreach (var file in new[] { "postfix-files", "post-install", "postfix-script", "dynamicmaps.cf" }.Where(file => File.Exists($"/etc/postfix/{file}")))
            File.Copy($"/etc/postfix/{file}", _directory.File($"conf/{file}"), overwrite: true);
        // No service may run in a jail that nobody has filled.
        var services = (await File.ReadAllLinesAsync("/etc/postfix/master.cf.proto")).Where(line => !OwnServices().IsMatch(line)).Select(line => Jail().Replace(line, "$1n"));
        await File.WriteAllLinesAsync(_directory.File("conf/master.cf"), [.. services, $"127.0.0.1:{Port} inet n - n - - smtpd", "postlog unix-dgram n - n - 1 postlogd"]);
        await File.WriteAllTextAsync(_directory.File("conf/main.cf"), $$"""
            compatibility_level = 3.6
            myhostname = mail.far.example
            mydestination =
            mynetworks = 127.0.0.0/8
            inet_interfaces = loopback-only
            inet_protocols = ipv4
            queue_directory = {{_directory.File("queue")}}
            data_directory = {{_directory.File("data")}}
            maillog_file = {{_directory.File("log/maillog")}}
            maillog_file_prefixes = {{_directory.File("log")}}
            multi_instance_name = postfix-test
            multi_instance_enable = yes
            alias_maps =
            local_recipient_maps =
            virtual_mailbox_domains = far.example
            virtual_mailbox_base = {{_directory.File("mail")}}
            virtual_mailbox_maps = inline:{ dave@far.example=dave/ }
            virtual_uid_maps = static:65534
            virtual_gid_maps = static:65534
            transport_maps = inline:{ example.org=smtp:[127.0.0.1]:{{server.Port("mx")}} }
            smtpd_recipient_restrictions = permit_mynetworks, reject
            smtpd_reject_unlisted_recipient = yes
            smtpd_tls_cert_file = {{server.Certificate}}
            smtpd_tls_key_file = {{server.File("key.pem")}}
            smtpd_tls_security_level = may
            smtp_tls_security_level = encrypt
            smtp_host_lookup = native

            """);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    [GeneratedRegex("^(smtp +inet|postlog|#)")]
    private static partial Regex OwnServices();

    [GeneratedRegex("^([a-z]+ +[a-z-]+ +[n-] +[n-] +)y")]
    private static partial Regex Jail();
}
