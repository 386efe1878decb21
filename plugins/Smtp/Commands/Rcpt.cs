using MailServer.Wire.Smtp;

namespace MailServer.Plugins.Smtp.Commands;

/// <summary>RCPT TO (RFC 5321 §4.1.1.3). Sequence first, then grammar and limits, then the costly look-up.</summary>
internal static class Rcpt
{
    private static readonly StatusCode BadRecipient = new(5, 1, 3);

    private static readonly Reply Accepted = Reply.Ok with { Status = new(2, 1, 5) };

    public static ValueTask<Reply> RunAsync(SmtpSession session, ReadOnlySpan<byte> argument, CancellationToken cancellationToken)
    {
        if (session.State is not SmtpState.InTransaction transaction)
            return new(Reply.BadSequence("MAIL first"));

        if (transaction.Chunks is not null)
            return new(Reply.BadSequence("The message has begun"));

        var fault = RcptCommand.TryRead(argument, Offers.Of(session), out var command);
        if (fault != SmtpFault.None)
            return new(Addresses.Explain(fault, "RCPT TO:<address>", BadRecipient));
        if (!transaction.Envelope.IsUtf8 && !command.ForwardPath.IsAscii)
            return new(Addresses.NeedsUtf8);
        if (transaction.Accepted >= session.Options.MaxRecipients)
            return new(new Reply(452, new(4, 5, 3), "Too many recipients"));            // RFC 5321 §4.5.3.1.10
        if (!Addresses.TryMake(command.ForwardPath, out var recipient))
            return new(Addresses.Explain(SmtpFault.Path, "RCPT TO:<address>", BadRecipient));
        if (command.ForwardPath.IsPostmaster)
            recipient = recipient with { Domain = session.Host.Server.Domains is [var first, ..] ? first : session.Host.Server.Hostname };
        return AddAsync(session, transaction, recipient, Terms.Of(command), cancellationToken);
    }

    private static async ValueTask<Reply> AddAsync(
        SmtpSession session, SmtpState.InTransaction transaction, EmailAddress recipient, RecipientTerms terms, CancellationToken cancellationToken)
    {
        if (await transaction.Mail.AddRecipientAsync(recipient, terms, cancellationToken).ConfigureAwait(false) is { } problem)
            return Reply.From(problem) with { IsRecipientRefusal = true };

        session.State = transaction with { Accepted = transaction.Accepted + 1 };
        return Accepted;
    }
}
