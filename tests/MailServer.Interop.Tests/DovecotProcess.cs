using System.Globalization;
using System.Net;
using System.Net.Sockets;
using MailKit.Net.Imap;
using MailKit.Net.Pop3;
using MailKit.Security;
using MailServer.TestKit;

namespace MailServer.Interop.Tests;

/// <summary>A real Dovecot on loopback over a Maildir that is given to it. It serves no mail as root, so there it runs as nobody.</summary>
internal sealed class DovecotProcess : IAsyncDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly int _imap = FreePort();
    private readonly int _pop3 = FreePort();
    private System.Diagnostics.Process? _process;

    private DovecotProcess() { }

    private static bool IsRoot => Environment.UserName == "root";

    private static string Owner => IsRoot ? "nobody" : Environment.UserName;

    /// <summary>Starts it over a Maildir, which it owns from then on.</summary>
    /// <param name="maildir">The Maildir.</param>
    /// <param name="options">What follows its path in <c>mail_location</c>.</param>
    /// <param name="settings">More lines of its configuration.</param>
    public static async Task<DovecotProcess> StartAsync(string maildir, string options, string settings = "")
    {
        var dovecot = new DovecotProcess();
        dovecot.WriteConfig(maildir, options, settings);
        await OwnAsync(dovecot._directory.Path, maildir);
        dovecot._process = Tool.Start("/usr/sbin/dovecot", ["-F", "-c", dovecot._directory.File("dovecot.conf")]);
        for (var tries = 0; tries < 300; tries++)
            try
            {
                using var client = new TcpClient();
                await client.ConnectAsync(IPAddress.Loopback, dovecot._imap);
                return dovecot;
            }
            catch (SocketException)
            {
                await Task.Delay(100);
            }

        throw new TimeoutException($"Dovecot did not start: {dovecot.LogText}");
    }

    public string LogText => File.Exists(_directory.File("log")) ? File.ReadAllText(_directory.File("log")) : "";

    /// <summary>Its own command, about the user alice.</summary>
    public Task<ToolResult> DoveadmAsync(params string[] arguments) =>
        Tool.RunAsync("/usr/bin/doveadm", ["-c", _directory.File("dovecot.conf"), .. arguments, "-u", "alice"]);

    public async Task<ImapClient> ImapAsync()
    {
        var client = new ImapClient { Timeout = 60_000 };
        await client.ConnectAsync("127.0.0.1", _imap, SecureSocketOptions.None);
        await client.AuthenticateAsync("alice", ServerProcess.Password);
        return client;
    }

    public async Task<Pop3Client> Pop3Async()
    {
        var client = new Pop3Client { Timeout = 60_000 };
        await client.ConnectAsync("127.0.0.1", _pop3, SecureSocketOptions.None);
        await client.AuthenticateAsync("alice", ServerProcess.Password);
        return client;
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is { HasExited: false })
        {
            await Tool.RunAsync("kill", "-TERM", _process.Id.ToString(CultureInfo.InvariantCulture));
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
            await _process.WaitForExitAsync(limit.Token);
        }

        _process?.Dispose();
        _directory.Dispose();
    }

    /// <summary>Dovecot must own the mail, and be able to walk there.</summary>
    private static async Task OwnAsync(string own, string maildir)
    {
        if (IsRoot)
            Assert.Equal(0, (await Tool.RunAsync("chown", "-R", "nobody", maildir)).ExitCode);
        foreach (var leaf in (string[])[own, maildir])
            for (var path = leaf; path.StartsWith(Path.GetTempPath(), StringComparison.Ordinal) && path.TrimEnd('/') != Path.GetTempPath().TrimEnd('/'); path = Path.GetDirectoryName(path)!)
                if (IsRoot || path == own)
                    File.SetUnixFileMode(path, File.GetUnixFileMode(path) | UnixFileMode.OtherExecute | UnixFileMode.GroupExecute);
    }

    private void WriteConfig(string maildir, string options, string settings) => File.WriteAllText(_directory.File("dovecot.conf"), $$"""
        base_dir = {{_directory.File("run")}}
        state_dir = {{_directory.File("run")}}
        log_path = {{_directory.File("log")}}
        protocols = imap pop3
        listen = 127.0.0.1
        ssl = no
        disable_plaintext_auth = no
        first_valid_uid = 1
        default_internal_user = {{(IsRoot ? "dovecot" : Owner)}}
        default_login_user = {{(IsRoot ? "dovenull" : Owner)}}
        mail_location = maildir:{{maildir}}{{options}}
        pop3_uidl_format = %08Xu%08Xv
        namespace inbox {
          inbox = yes
          separator = /
        }
        passdb {
          driver = static
          args = password={{ServerProcess.Password}}
        }
        userdb {
          driver = static
          args = uid={{Owner}} gid={{(IsRoot ? "nogroup" : Owner)}} home={{_directory.Path}}
        }
        service imap-login {
          {{(IsRoot ? "" : "chroot =")}}
          inet_listener imap {
            port = {{_imap}}
          }
          inet_listener imaps {
            port = 0
          }
        }
        service pop3-login {
          {{(IsRoot ? "" : "chroot =")}}
          inet_listener pop3 {
            port = {{_pop3}}
          }
          inet_listener pop3s {
            port = 0
          }
        }
        service anvil {
          {{(IsRoot ? "" : "chroot =")}}
        }
        {{settings}}
        """ + "\n");

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
