namespace MailServer.Storage;

/// <summary>What looks find that other programs did, for the journal.</summary>
internal sealed partial class SharedFolder
{
    private Journal Journal => _store.Journals.Of(Place.Root);

    private void FoundOutside(List<UidRecord> records) => Journal.Outside.Found(Place.Name, records);

    private void MissedOutside(List<FolderEntry> gone) => Journal.Outside.Missed(Place.Name, gone);
}
