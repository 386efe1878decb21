using Microsoft.Extensions.Logging;

namespace MailServer.Plugins.Smtp;

/// <summary>Runs sessions of one service.</summary>
internal sealed class SmtpHandler(IPluginHost host, SmtpOptions options, SmtpService service, ILogger logger) : IProtocolHandler
{
    /// <inheritdoc/>
    public string Protocol => service switch
    {
        SmtpService.Submission => "submission",
        SmtpService.Local => "lmtp",
        _ => "smtp",
    };

    public IPluginHost Host => host;

    public SmtpOptions Options => options;

    public SmtpService Service => service;

    public ILogger Logger => logger;

    /// <inheritdoc/>
    public async ValueTask<SessionEnd> RunAsync(IMailConnection connection, SessionState? resumed, CancellationToken cancellationToken)
    {
        var session = new SmtpSession(this, connection, cancellationToken);
        await using (session.ConfigureAwait(false))
            return await session.RunAsync(resumed).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public bool CanResume(SessionState state) => SavedSession.TryRead(state) is not null;

    /// <inheritdoc/>
    public IReadOnlyList<RehearsalTurn> Rehearsal => service switch
    {
        SmtpService.Submission => SmtpRehearsal.Submission,
        SmtpService.Local => SmtpRehearsal.Local,
        _ => SmtpRehearsal.Mx,
    };
}
