using System.Text;
using MailServer.Wire.Smtp;

namespace MailServer.Plugins.Smtp;

/// <summary>From the parameters of MAIL and RCPT to the contract's terms.</summary>
internal static class Terms
{
    public static SendingTerms Of(in MailCommand command, DateTimeOffset now)
    {
        if (command is { ReturnsAll: null, EnvelopeId.IsEmpty: true, RequiresTls: false, By: null, Priority: null, Hold: null })
            return SendingTerms.None;
        return new()
        {
            Return = command.ReturnsAll is { } all ? all ? ReturnedContent.Full : ReturnedContent.Headers : null,
            EnvelopeId = command.EnvelopeId.IsEmpty ? null : Decode(command.EnvelopeId),
            RequiresTls = command.RequiresTls,
            DeliverBy = command.By is { } by ? new(now.AddSeconds(by.Seconds), by.IsReturned, by.IsTraced) : null,
            Priority = command.Priority,
            HoldUntil = command.Hold is { } hold ? hold.Until ?? now.AddSeconds(hold.Seconds ?? 0) : null,
        };
    }

    public static RecipientTerms Of(in RcptCommand command)
    {
        if (command is { Notify: null, OriginalRecipient.IsEmpty: true })
            return RecipientTerms.None;
        return new()
        {
            Notify = command.Notify is { } notify ? (NotifyOn)notify : null,
            OriginalRecipient = command.OriginalRecipient.IsEmpty ? null : Original(command.OriginalRecipient),
        };
    }

    private static string Original(ReadOnlySpan<byte> value)
    {
        var semicolon = value.IndexOf((byte)';');
        return $"{Encoding.ASCII.GetString(value[..semicolon]).ToLowerInvariant()};{Decode(value[(semicolon + 1)..])}";
    }

    private static string Decode(ReadOnlySpan<byte> xtext)
    {
        Span<byte> decoded = stackalloc byte[xtext.Length];
        return Xtext.TryDecode(xtext, decoded, out var length) ? Encoding.UTF8.GetString(decoded[..length]) : "";
    }
}
