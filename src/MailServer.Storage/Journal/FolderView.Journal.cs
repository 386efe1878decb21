namespace MailServer.Storage;

/// <summary>What the session changed, for the journal.</summary>
internal sealed partial class FolderView
{
    private Journal Journal => _store.Journals.Of(_paths.Root);

    private void TellFlags(List<FolderEntry> changed) => Journal.Add(changed.ConvertAll(entry => JournalText.Flags(Folder, entry, _author) with { Why = WhyOf(entry) }));

    private void TellRemoved(List<FolderEntry> entries) =>
        Journal.Add(entries.FindAll(entry => entry.IsExpunged).ConvertAll(entry => JournalText.At(JournalEvents.Removed, Folder, entry, _author) with { EmailId = Named is null ? null : EmailIdOf(entry), Why = WhyOf(entry) }));

    private void TellArrivals(string what, List<FolderEntry> entries, FolderName target, Entered entered)
    {
        List<JournalEntry> lines = [];
        for (var i = 0; i < entered.Uids.Count; i++)
            lines.Add(new JournalEntry
            {
                Event = what,
                Folder = target.Value,
                Message = entered.Arrivals[i].BaseName,
                MessageId = entered.Arrivals[i].MessageId,
                Uid = entered.Uids[i],
                EmailId = EmailIdOf(entries[i]),
                Why = WhyOf(entries[i]),
                From = new() { Folder = Folder.Value, Message = entries[i].BaseName, Uid = entries[i].Uid },
            }.WrittenBy(_author));
        Journal.Add(lines);
    }

    /// <summary>Copies in their folder.</summary>
    /// <param name="UidValidity">The folder's.</param>
    /// <param name="Uids">In order.</param>
    /// <param name="Arrivals">In the same order.</param>
    private sealed record Entered(uint UidValidity, IReadOnlyList<uint> Uids, IReadOnlyList<Arrival> Arrivals);
}
