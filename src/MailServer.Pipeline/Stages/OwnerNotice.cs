using Microsoft.Extensions.Logging;

namespace MailServer.Pipeline;

/// <summary>A mail from the server to an account's owner, put into INBOX without asking any rule.</summary>
internal sealed class OwnerNotice(IDeliveryStore store, string hostname, TimeProvider time, ILogger logger)
{
    /// <summary>Lines of what is wrong that are told: the rest follows when these are put right.</summary>
    private const int MaxLines = 20;

    /// <summary>Characters of a line: RFC 5322 §2.1.1 allows 998 octets.</summary>
    private const int MaxLine = 240;

    /// <summary>Tells of rules that do not work. A failure is logged and nothing else.</summary>
    /// <param name="account">Who is told.</param>
    /// <param name="rules">Which rules: <c>the rules that sort your mail</c>.</param>
    /// <param name="complaints">What is wrong, one line each.</param>
    public async ValueTask SendAsync(User account, string rules, IReadOnlyList<string> complaints)
    {
        try
        {
            var spool = store.CreateSpool();
            await using (spool.ConfigureAwait(false))
            {
                await spool.Writer.WriteAsync(Compose(account, rules, complaints)).ConfigureAwait(false);
                await spool.Writer.CompleteAsync().ConfigureAwait(false);
                var problem = await spool.SealAsync(ReadOnlyMemory<byte>.Empty, CancellationToken.None).ConfigureAwait(false)
                    ?? (await store.DeliverNoticeAsync(spool, account, CancellationToken.None).ConfigureAwait(false)).Problem;
                if (problem is null)
                    Log.OwnerTold(logger, account.Address);
                else
                    Log.OwnerNotTold(logger, account.Address, problem.Text);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Log.OwnerNotTold(logger, account.Address, OneLine.Of(e));
        }
    }

    private byte[] Compose(User account, string rules, IReadOnlyList<string> complaints)
    {
        string[] lines =
        [
            $"Something is wrong with {rules}:",
            "",
            .. complaints.Take(MaxLines).Select(line => "  " + (line.Length > MaxLine ? string.Concat(line.AsSpan(0, MaxLine), "...") : line)),
            .. complaints.Count > MaxLines ? [$"  and {complaints.Count - MaxLines} more"] : (string[])[],
            "",
            "No mail is lost: a rule that does not work leaves its last good version in service,",
            "and where there is none the mail stays in INBOX. This is said once a day at most.",
            "",
        ];
        return NoticeText.Compose(account.Address, hostname, MessageId.Create(time), time.GetUtcNow(), "Mail rules", "Mail rules need a look", string.Join('\n', lines));
    }
}
