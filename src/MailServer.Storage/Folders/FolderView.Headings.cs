namespace MailServer.Storage;

/// <summary>What lists of messages show, and are sorted and threaded by.</summary>
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

    public async ValueTask<Outcome<string>> PreviewAtAsync(int sequence, CancellationToken cancellationToken)
    {
        var open = OpenerOf(EntryAt(sequence));
        return await _store.Readers.RunAsync(() => ReadPreview(open)).ConfigureAwait(false);
    }

    private Outcome<string> ReadPreview(Func<Stream?> open)
    {
        try
        {
            using var message = open();
            return message is null ? FolderProblem.Expunged : PreviewReader.Read(message);
        }
        catch (Exception failure) when (DiskProblem.Is(failure))
        {
            return _store.Failed("reading a message", failure);
        }
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
