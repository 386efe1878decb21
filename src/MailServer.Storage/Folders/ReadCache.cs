using System.Diagnostics.CodeAnalysis;

namespace MailServer.Storage;

/// <summary>
/// What was found out about the messages read last: a client that fetches a large mail in pieces would else have it parsed for each.
/// Files never change, so nothing in here does.
/// </summary>
internal sealed class ReadCache
{
    /// <summary>Messages remembered: clients read one after the other, a few at a time.</summary>
    private const int MaxMessages = 32;

    /// <summary>Octets of one structure that is remembered: 32 of them stay below 4 MiB, and only mails of thousands of parts have more.</summary>
    private const int MaxStructure = 128 * 1024;

    private readonly Lock _gate = new();
    private readonly LinkedList<Read> _latestFirst = [];

    public bool TryStructure(FolderEntry entry, [NotNullWhen(true)] out MessageStructure? structure)
    {
        lock (_gate)
            structure = Find(entry)?.Structure;
        return structure is not null;
    }

    public void Remember(FolderEntry entry, MessageStructure structure)
    {
        if (structure.BodyStructure.Length + structure.Envelope.Length > MaxStructure)
            return;
        lock (_gate)
            Of(entry).Structure = structure;
    }

    private Read Of(FolderEntry entry)
    {
        if (Find(entry) is { } known)
            return known;
        if (_latestFirst.Count == MaxMessages)
            _latestFirst.RemoveLast();
        return _latestFirst.AddFirst(new Read(entry)).Value;
    }

    private Read? Find(FolderEntry entry)
    {
        for (var node = _latestFirst.First; node is not null; node = node.Next)
            if (node.Value.Entry == entry)
            {
                if (node != _latestFirst.First)
                {
                    _latestFirst.Remove(node);
                    _latestFirst.AddFirst(node);
                }

                return node.Value;
            }

        return null;
    }

    private sealed class Read(FolderEntry entry)
    {
        public FolderEntry Entry { get; } = entry;

        public MessageStructure? Structure { get; set; }
    }
}
