namespace MailServer.Plugins.Imap.Commands;

/// <summary>NOOP (RFC 3501 §6.1.2): what has changed is told before every answer, this one too.</summary>
internal static class Noop
{
    public static Completion Run() => Completion.Ok("NOOP done");
}
