namespace MailServer.Plugins.Smtp.Commands;

/// <summary>NOOP, with any argument (RFC 5321 §4.1.1.9).</summary>
internal static class Noop
{
    public static Reply Run() => Reply.Ok with { Text = "NOOP done" };
}
