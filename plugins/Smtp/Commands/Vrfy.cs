namespace MailServer.Plugins.Smtp.Commands;

/// <summary>VRFY and EXPN. Nobody is told who has an account (RFC 5321 §7.3).</summary>
internal static class Vrfy
{
    // RFC 5321 §3.5.3.
    private static readonly Reply CannotTell = new(252, new(2, 0, 0), "Cannot verify the user, but will take a message for delivery");

    public static Reply Run(ReadOnlySpan<byte> argument) => argument.IsEmpty ? Reply.Syntax("VRFY user") : CannotTell;

    public static Reply RunExpn() => new(502, new(5, 5, 1), "Not implemented");
}
