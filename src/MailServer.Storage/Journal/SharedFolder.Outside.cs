namespace MailServer.Storage;

/// <summary>What looks find that other programs did, for the journal.</summary>
internal sealed partial class SharedFolder
{
    private Journal Journal => _store.Journals.Of(Place.Root);

    private void FoundOutside(List<UidRecord> records)
    {
        if (Journal.Outside.Found(Place.Name, records).Count > 0)
            _store.Quotas.Of(Place.Root).Doubt();
    }

    private void MissedOutside(List<FolderEntry> gone)
    {
        if (gone.Count == 0)
            return;
        Journal.Outside.Missed(Place.Name, gone);
        _store.Quotas.Of(Place.Root).Doubt();
    }
}
