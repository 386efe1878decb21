namespace MailServer.Storage;

/// <summary>
/// Files of one message each. Flags and dates are in the list that an export leaves beside them; without it the date is that of the topmost
/// <c>Received</c>, since copying a file changes its own.
/// </summary>
internal sealed class EmlSource(string name, FolderName folder, string directory, IReadOnlyList<FileInfo> files) : FileSource(name, folder)
{
    private readonly EmlList _list = EmlList.Read(directory);

    protected override IReadOnlyList<FileInfo> Files => files;

    protected override SourceMessage Describe(SourceMessage message, FileInfo file, ReadOnlySpan<byte> head) =>
        _list.Find(file.Name) is { } known
            ? message with { Flags = known.Flags, Date = known.Date }
            : message with { Date = HeaderScan.ArrivalOf(head) ?? file.LastWriteTimeUtc };
}
