namespace MailServer.Storage;

/// <summary>What an export asks a view for.</summary>
internal sealed partial class FolderView
{
    /// <summary>The message's base name, which is its identity.</summary>
    internal string BaseNameAt(int sequence) => _slots[sequence - 1].Entry.BaseName;

    /// <summary>Whether the message waits in <c>new</c>.</summary>
    internal bool IsInNew(int sequence)
    {
        lock (_folder.Gate)
            return _slots[sequence - 1].Entry.InNew;
    }

    /// <summary>Uses the message's file as it lies on disk. False when it is gone.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    internal ValueTask<bool> WithFileAsync(int sequence, Action<string> use, CancellationToken cancellationToken) =>
        _folder.WithFileAsync(_slots[sequence - 1].Entry, use, cancellationToken);
}
