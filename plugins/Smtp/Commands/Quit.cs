namespace MailServer.Plugins.Smtp.Commands;

/// <summary>QUIT (RFC 5321 §4.1.1.10).</summary>
internal static class Quit
{
    private static readonly Reply Bye = new(221, new(2, 0, 0), "Bye") { Next = Next.Close };

    public static Reply Run(ReadOnlySpan<byte> argument) => argument.IsEmpty ? Bye : Reply.NoArgument;
}
