namespace MailServer.Wire.Imap;

/// <summary>What a client knows of a mailbox that it selects again: <c>QRESYNC (...)</c> (RFC 7162 §3.2.5).</summary>
/// <param name="UidValidity">The UIDVALIDITY that it knows.</param>
/// <param name="ModSeq">The MODSEQ that it knows all changes up to.</param>
/// <param name="KnownUids">The UIDs that it knows, or null for all.</param>
public sealed record ResyncParameter(uint UidValidity, ulong ModSeq, IReadOnlyList<SequenceRange>? KnownUids)
{
    /// <summary>Sequence numbers of messages whose UIDs the client knows, ascending (RFC 7162 §3.2.5.2).</summary>
    public IReadOnlyList<SequenceRange> MatchSequences { get; init; } = [];

    /// <summary>Their UIDs, in the same order.</summary>
    public IReadOnlyList<SequenceRange> MatchUids { get; init; } = [];

    /// <summary>
    /// Reads <c>"(" uidvalidity SP mod-sequence-value [SP known-uids] [SP seq-match-data] ")"</c> (RFC 7162 §7); no set may hold <c>*</c>.
    /// </summary>
    internal static bool TryRead(ref Cursor cursor, out ResyncParameter parameter)
    {
        parameter = new(0, 0, null);
        if (!cursor.TrySkip('(') || !cursor.TryReadNumber(out var validity) || validity == 0 || !cursor.TrySkipSpace()
            || !cursor.TryReadModSeq(out var modSeq) || modSeq == 0)
            return false;
        parameter = parameter with { UidValidity = validity, ModSeq = modSeq };
        if (cursor.TrySkip(')'))
            return true;
        if (!cursor.TrySkipSpace())
            return false;
        if (cursor.Next != (byte)'(')
        {
            if (!TryReadKnown(ref cursor, out var uids))
                return false;
            parameter = parameter with { KnownUids = uids };
            if (cursor.TrySkip(')'))
                return true;
            if (!cursor.TrySkipSpace())
                return false;
        }

        if (!cursor.TrySkip('(') || !TryReadKnown(ref cursor, out var sequences) || !cursor.TrySkipSpace()
            || !TryReadKnown(ref cursor, out var matches) || !cursor.TrySkip(')'))
            return false;
        parameter = parameter with { MatchSequences = sequences, MatchUids = matches };
        return cursor.TrySkip(')');
    }

    private static bool TryReadKnown(ref Cursor cursor, out IReadOnlyList<SequenceRange> ranges)
    {
        ranges = [];
        if (!cursor.TryReadSequenceSet(out var read))
            return false;
        ranges = read;
        foreach (var range in read)
            if (range.First is SequenceRange.Star or 0 || range.Last == SequenceRange.Star)
                return false;
        return true;
    }
}
