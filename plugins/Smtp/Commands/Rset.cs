namespace MailServer.Plugins.Smtp.Commands;

/// <summary>RSET (RFC 5321 §4.1.1.5).</summary>
internal static class Rset
{
    public static ValueTask<Reply> RunAsync(SmtpSession session, ReadOnlySpan<byte> argument) =>
        argument.IsEmpty ? AbandonAsync(session) : new(Reply.NoArgument);

    private static async ValueTask<Reply> AbandonAsync(SmtpSession session)
    {
        await session.AbandonAsync().ConfigureAwait(false);
        return Reply.Ok;
    }
}
