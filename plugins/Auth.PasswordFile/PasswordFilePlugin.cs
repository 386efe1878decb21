using MailServer;
using MailServer.Plugins.AuthPasswordFile;

[assembly: MailPlugin("auth.passwordfile", typeof(PasswordFilePlugin))]

namespace MailServer.Plugins.AuthPasswordFile;

/// <summary>Accounts and passwords in one text file of Dovecot's passwd-file format: <c>user:{SCHEME}hash:uid:gid:gecos:home:shell:extra</c>.</summary>
public sealed class PasswordFilePlugin : IPlugin
{
    private PasswordFileEditor? _editor;

    /// <inheritdoc/>
    public ValueTask ConfigureAsync(IPluginHost host, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(host);
        var path = Path.GetFullPath(host.Config.GetPath("file"));
        host.Config.RejectUnknownKeys();

        var logger = host.Logging.CreateLogger("auth.passwordfile");
        var file = new PasswordFile(path, new LineReader(DomainsOf(host.Server), host.Passwords), host.Time, logger);
        if (file.Load() is { } reason)
            throw host.Config.Invalid("file", $"{path}: {reason}");

        _editor = new PasswordFileEditor(file, host.Passwords, host.Time, logger);
        host.Add(new PasswordFileAuthenticator(file, host.Passwords, logger));
        host.Add(new PasswordFileDirectory(file, _editor));
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _editor?.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>The domains that a name without one belongs to; the first completes it.</summary>
    private static IReadOnlyList<string> DomainsOf(ServerInfo server) =>
        server.Domains is { Count: > 0 } domains ? domains : [server.Hostname.ToLowerInvariant()];
}
