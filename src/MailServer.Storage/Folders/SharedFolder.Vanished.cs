namespace MailServer.Storage;

/// <summary>Remembers which messages were expunged, and when, for clients that come back (RFC 7162 §3.2.6).</summary>
internal sealed partial class SharedFolder
{
    /// <summary>Messages remembered: 800 KB in the index; for a client that was away longer, all UIDs that are absent say the same.</summary>
    private const int MaxVanished = 65_536;

    private readonly List<Vanished> _vanished = [];
    private int _vanishedSaved;
    private ulong _vanishedFrom;

    /// <summary>
    /// UIDs of messages expunged after a MODSEQ, in ascending ranges. Where the log does not reach back that far, all UIDs below UIDNEXT that
    /// no message has: RFC 7162 §3.2.7 allows more than were expunged since. The caller holds the gate.
    /// </summary>
    /// <param name="modSeq">Since when.</param>
    /// <param name="held">Messages that a session has not been told of yet: it will be, in its own time.</param>
    public IReadOnlyList<UidRange> VanishedSince(ulong modSeq, IReadOnlyCollection<uint> held)
    {
        if (modSeq < _vanishedFrom)
            return UidRange.Gaps(held.Count == 0 ? _entries.Select(entry => entry.Uid) : _entries.Select(entry => entry.Uid).Union(held).Order(), _uidNext);
        SortedSet<uint> uids = [];
        for (var i = _vanished.Count - 1; i >= 0 && _vanished[i].ModSeq > modSeq; i--)
            if (!held.Contains(_vanished[i].Uid) && IndexFrom(_vanished[i].Uid) is var at && (at == _entries.Count || _entries[at].Uid != _vanished[i].Uid))
                uids.Add(_vanished[i].Uid);
        return UidRange.Of(uids);
    }

    private void Vanish(List<FolderEntry> gone, ulong modSeq)
    {
        foreach (var entry in gone)
            _vanished.Add(new(entry.Uid, modSeq));
        if (_vanished.Count > MaxVanished)
        {
            // Half goes at once, so that it does not go one by one.
            var kept = _vanished.FindIndex(_vanished.Count - (MaxVanished / 2), one => one.ModSeq != _vanished[_vanished.Count - (MaxVanished / 2) - 1].ModSeq);
            kept = kept < 0 ? _vanished.Count : kept;
            _vanishedFrom = _vanished[kept - 1].ModSeq;
            _vanished.RemoveRange(0, kept);
            _vanishedSaved = Math.Max(0, _vanishedSaved - kept);
            _indexStamp = FileStamp.None; // what the file says of those that were not saved before cannot be appended any more
        }

        Flush.Ask();
    }
}
