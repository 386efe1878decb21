namespace MailServer.Plugins.Imap.Commands;

/// <summary>What messages are sorted and threaded by, piece by piece: only what is needed of each stays in memory.</summary>
internal static class Headings
{
    private const int Piece = 512;

    /// <summary>Makes one thing of each message's heading.</summary>
    public static async ValueTask<T[]> SelectAsync<T>(
        IFolderView view, IReadOnlyList<int> sequences, Func<int, MessageHeading, T> select, CancellationToken cancellationToken)
    {
        var made = new T[sequences.Count];
        for (var start = 0; start < sequences.Count; start += Piece)
        {
            List<int> piece = [.. sequences.Skip(start).Take(Piece)];
            var headings = await view.HeadingsOfAsync(piece, cancellationToken).ConfigureAwait(false);
            for (var i = 0; i < piece.Count; i++)
                made[start + i] = select(piece[i], headings[i]);
        }

        return made;
    }

    /// <summary>The sent date in UTC, or the internal date where there is none (RFC 5256 §2.2).</summary>
    public static long SentTicks(IFolderView view, int sequence, MessageHeading heading) => (heading.Date ?? view.InfoAt(sequence).InternalDate).UtcTicks;

    /// <summary>A text as it is compared: without case, which is most of i;unicode-casemap.</summary>
    public static string Collate(string text) => text.ToUpperInvariant();
}
