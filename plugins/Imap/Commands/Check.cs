namespace MailServer.Plugins.Imap.Commands;

/// <summary>CHECK (RFC 3501 §6.4.1): everything is durable when it is answered, so there is nothing to do.</summary>
internal static class Check
{
    public static Completion Run() => Completion.Ok("CHECK completed");
}
