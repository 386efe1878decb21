using MailServer.Wire.Smtp;

namespace MailServer.Plugins.Smtp.Commands;

/// <summary>MAIL FROM (RFC 5321 §4.1.1.2).</summary>
internal static class Mail
{
    private static readonly StatusCode BadSender = new(5, 1, 7);

    public static ValueTask<Reply> RunAsync(SmtpSession session, ReadOnlySpan<byte> argument, CancellationToken cancellationToken)
    {
        if (session.State is SmtpState.InTransaction)
            return new(Reply.BadSequence("A message is under way, RSET or finish it first"));
        if (session.State is not SmtpState.Ready ready)
            return new(Reply.BadSequence(session.IsLocal ? "LHLO first" : "EHLO or HELO first"));
        if (session.IsSubmission && ready.User is null)
            return new(AuthRequired(session));

        var fault = MailCommand.TryRead(argument, Offers.Of(session), out var command);
        if (fault != SmtpFault.None)
            return new(Addresses.Explain(fault, "MAIL FROM:<address>", BadSender));
        if (!command.IsUtf8 && !command.ReversePath.IsAscii)
            return new(Addresses.NeedsUtf8);
        // RFC 1870 §6.1: no need to send what will not be taken.
        if (command.Size > session.Options.MaxMessageSize)
            return new(new Reply(552, new(5, 3, 4), "Message size exceeds the limit"));
        var terms = Terms.Of(command, session.Host.Time.GetUtcNow());
        // RFC 4865 §4: not longer than was said in the answer to EHLO. A client's clock may be a little ahead of ours.
        if (terms.HoldUntil > session.Host.Time.GetUtcNow() + Offers.LongestHold + TimeSpan.FromMinutes(5))
            return new(Reply.Syntax("Mail is not held for so long"));
        EmailAddress? reversePath = null;
        if (!command.ReversePath.IsNull)
        {
            if (!Addresses.TryMake(command.ReversePath, out var address))
                return new(Addresses.Explain(SmtpFault.Path, "MAIL FROM:<address>", BadSender));
            reversePath = address;
        }

        var envelope = new Envelope
        {
            Connection = session.Connection.Info,
            Helo = ready.Helo,
            With = WithOf(session, ready, command.IsUtf8),
            ReversePath = reversePath,
            User = ready.User,
            IsUtf8 = command.IsUtf8,
            AnnouncedSize = command.Size,
            Terms = terms,
        };
        return BeginAsync(session, ready, envelope, cancellationToken);
    }

    private static async ValueTask<Reply> BeginAsync(SmtpSession session, SmtpState.Ready ready, Envelope envelope, CancellationToken cancellationToken)
    {
        if (ready.User is { } user && envelope.ReversePath is { } address
            && await CheckOwnerAsync(session.Host, user, address, cancellationToken).ConfigureAwait(false) is { } refusal)
        {
            Log.SenderRefused(session.Logger, session.Connection.Info.Id, address, user.Name, refusal.Text);
            return Reply.From(refusal);
        }

        var mail = await session.Host.Ingress.BeginAsync(envelope, cancellationToken).ConfigureAwait(false);
        if (mail.SenderProblem is { } problem)
        {
            await mail.DisposeAsync().ConfigureAwait(false);
            return Reply.From(problem);
        }

        session.State = new SmtpState.InTransaction(ready, mail, envelope, 0);
        return Reply.Ok with { Status = new(2, 1, 0) };
    }

    /// <summary>
    /// RFC 6409 §6.1: a user sends in its own name only. The null reverse-path is nobody's name and needed for receipts (RFC 8098 §3).
    /// </summary>
    private static async ValueTask<Problem?> CheckOwnerAsync(IPluginHost host, User user, EmailAddress address, CancellationToken cancellationToken)
    {
        if (IsSame(address, user.Address))
            return null;
        // alice+lists@ belongs to alice@ (RFC 5233), unless it is an account of its own.
        foreach (var candidate in new[] { address, WithoutDetail(address) }.Distinct())
        {
            var found = await host.Accounts.FindAsync(candidate, cancellationToken).ConfigureAwait(false);
            if (found.TryGet(out var owner, out var problem))
                return owner.Name == user.Name ? null : await host.Ingress.MaySendAsAsync(user, address, cancellationToken).ConfigureAwait(false);
            if (problem.Reason == ProblemReason.Unavailable)
                return problem;
        }

        return IsSame(WithoutDetail(address), user.Address) ? null : await host.Ingress.MaySendAsAsync(user, address, cancellationToken).ConfigureAwait(false);
    }

    private static bool IsSame(EmailAddress one, EmailAddress other) =>
        one.Domain == other.Domain && string.Equals(one.LocalPart, other.LocalPart, StringComparison.OrdinalIgnoreCase);

    private static EmailAddress WithoutDetail(EmailAddress address) =>
        address.LocalPart.IndexOf('+', StringComparison.Ordinal) is var plus and > 0 ? address with { LocalPart = address.LocalPart[..plus] } : address;

    private static Reply AuthRequired(SmtpSession session) => session.Connection.Info.AllowsPlaintextAuth
        ? new(530, new(5, 7, 0), "Authentication required")                            // RFC 4954 §6
        : new(530, new(5, 7, 0), "Must issue a STARTTLS command first");               // RFC 3207 §4

    /// <summary>The <c>with</c> types of RFC 3848 §1 and RFC 6531 §4.3.</summary>
    private static string WithOf(SmtpSession session, SmtpState.Ready ready, bool isUtf8)
    {
        if (!ready.IsExtended)
            return "SMTP";
        var (secure, authenticated) = (session.Connection.Info.Tls is not null, ready.User is not null);
        return (session.IsLocal, isUtf8) switch { (true, false) => "LMTP", (true, true) => "UTF8LMTP", (false, true) => "UTF8SMTP", _ => "ESMTP" } + (secure ? "S" : "") + (authenticated ? "A" : "");
    }
}
