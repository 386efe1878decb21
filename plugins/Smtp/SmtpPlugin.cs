using MailServer.Plugins.Smtp;

[assembly: MailServer.MailPlugin("smtp", typeof(SmtpPlugin))]

namespace MailServer.Plugins.Smtp;

/// <summary>SMTP for other servers (<c>smtp</c>) for our users' mail programs (<c>submission</c>), and LMTP (<c>lmtp</c>).</summary>
public sealed class SmtpPlugin : IPlugin
{
    /// <inheritdoc/>
    public ValueTask ConfigureAsync(IPluginHost host, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(host);
        var options = SmtpOptions.Read(host.Config);
        host.Config.RejectUnknownKeys();
        var logger = host.Logging.CreateLogger("smtp");
        host.Add(new SmtpHandler(host, options, SmtpService.Transfer, logger));
        host.Add(new SmtpHandler(host, options, SmtpService.Submission, logger));
        host.Add(new SmtpHandler(host, options, SmtpService.Local, logger));
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
