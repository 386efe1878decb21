using MailServer.Wire.Imap;

namespace MailServer.Plugins.Imap.Commands;

/// <summary>SORT's order (RFC 5256 §3, RFC 5957). Of each message only the keys asked for are kept.</summary>
internal static class Sort
{
    public static async ValueTask<IReadOnlyList<int>> OrderAsync(
        IFolderView view, IReadOnlyList<int> sequences, IReadOnlyList<SortCriterion> criteria, Relevancy? scores, CancellationToken cancellationToken)
    {
        // Of a few among many, each is measured when it is asked for.
        if (criteria.Any(criterion => criterion.Key is SortKey.Arrival or SortKey.Size) && sequences.Count > 0
            && sequences[^1] - sequences[0] < 2 * sequences.Count)
            await view.MeasureAsync(sequences[0], sequences[^1], cancellationToken).ConfigureAwait(false);
        var keys = criteria.All(criterion => criterion.Key is SortKey.Arrival or SortKey.Size or SortKey.Relevancy)
            ? [.. sequences.Select(sequence => KeysOf(view, sequence, MessageHeading.None, criteria, scores))]
            : await Headings.SelectAsync(view, sequences, (sequence, heading) => KeysOf(view, sequence, heading, criteria, scores), cancellationToken).ConfigureAwait(false);
        var order = Enumerable.Range(0, sequences.Count).ToArray();
        Array.Sort(order, (left, right) => Compare(keys, left, right, criteria));
        return [.. order.Select(i => sequences[i])];
    }

    private static Key[] KeysOf(IFolderView view, int sequence, MessageHeading heading, IReadOnlyList<SortCriterion> criteria, Relevancy? scores)
    {
        var keys = new Key[criteria.Count];
        for (var i = 0; i < keys.Length; i++)
            keys[i] = criteria[i].Key switch
            {
                SortKey.Arrival => new("", view.InfoAt(sequence).InternalDate.UtcTicks),
                SortKey.Relevancy => new("", -(scores?.Of(sequence) ?? 0)),
                SortKey.Size => new("", view.InfoAt(sequence).Size),
                SortKey.Date => new("", Headings.SentTicks(view, sequence, heading)),
                SortKey.Subject => new(Headings.Collate(BaseSubject.Of(heading.Subject).Text), 0),
                SortKey.From => new(Headings.Collate(heading.From.Mailbox), 0),
                SortKey.To => new(Headings.Collate(heading.To.Mailbox), 0),
                SortKey.Cc => new(Headings.Collate(heading.Cc.Mailbox), 0),
                SortKey.DisplayFrom => new(Headings.Collate(heading.From.Display), 0),
                _ => new(Headings.Collate(heading.To.Display), 0),
            };
        return keys;
    }

    private static int Compare(Key[][] keys, int left, int right, IReadOnlyList<SortCriterion> criteria)
    {
        for (var i = 0; i < criteria.Count; i++)
        {
            var order = keys[left][i].CompareTo(keys[right][i]);
            if (order != 0)
                return criteria[i].IsReverse ? -order : order;
        }

        // RFC 5256 §3: the order in the mailbox, which REVERSE does not turn.
        return left.CompareTo(right);
    }

    private readonly record struct Key(string Text, long Number)
    {
        public int CompareTo(Key other) =>
            string.CompareOrdinal(Text, other.Text) is var text and not 0 ? text : Number.CompareTo(other.Number);
    }
}
