namespace MailServer.Storage;

/// <summary>What messages are sorted and threaded by.</summary>
internal sealed partial class FolderView
{
    /// <summary>Messages that one thread takes at once: reading the kept fields of one takes microseconds.</summary>
    private const int HeadingStep = 64;

    public async ValueTask<IReadOnlyList<MessageHeading>> HeadingsOfAsync(IReadOnlyList<int> sequences, CancellationToken cancellationToken)
    {
        var headings = new MessageHeading[sequences.Count];
        await InStepsAsync(sequences.Count, HeadingStep, i =>
        {
            cancellationToken.ThrowIfCancellationRequested();
            headings[i] = HeadingOf(EntryAt(sequences[i]));
        }).ConfigureAwait(false);
        return headings;
    }

    private MessageHeading HeadingOf(FolderEntry entry)
    {
        if (_folder.KeptFieldsOf(entry) is { } fields)
            return HeadingReader.Read(new(fields));
        try
        {
            using var message = OpenerOf(entry)();
            return message is null ? MessageHeading.None : HeadingReader.Read(SearchHeader.Read(message, out _));
        }
        catch (Exception failure) when (DiskProblem.Is(failure))
        {
            _store.Failed("reading a header", failure);
            return MessageHeading.None;
        }
    }
}
