using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace MailServer.Storage;

/// <summary>The messages of a folder by base name, without a string for each.</summary>
internal sealed class EntryTable
{
    /// <summary>Octets of a name that need no array of their own; file systems have 255.</summary>
    private const int UsualName = 1024;

    private readonly HashSet<FolderEntry> _entries;
    private readonly HashSet<FolderEntry>.AlternateLookup<ReadOnlySpan<char>> _byName;

    public EntryTable(IReadOnlyCollection<FolderEntry> entries)
    {
        _entries = new(entries.Count, ByBaseName.Instance);
        _byName = _entries.GetAlternateLookup<ReadOnlySpan<char>>();
        foreach (var entry in entries)
            _entries.Add(entry);
    }

    public bool TryGetValue(ReadOnlySpan<char> baseName, [NotNullWhen(true)] out FolderEntry? entry) => _byName.TryGetValue(baseName, out entry);

    public bool Contains(ReadOnlySpan<char> baseName) => _byName.Contains(baseName);

    /// <summary>Adds a message, in the place of one with its base name.</summary>
    public void Set(FolderEntry entry)
    {
        _entries.Remove(entry);
        _entries.Add(entry);
    }

    /// <summary>Takes out a message, unless another one has come under its base name.</summary>
    public void Remove(FolderEntry entry)
    {
        if (_entries.TryGetValue(entry, out var known) && known == entry)
            _entries.Remove(entry);
    }

    private sealed class ByBaseName : IEqualityComparer<FolderEntry>, IAlternateEqualityComparer<ReadOnlySpan<char>, FolderEntry>
    {
        public static ByBaseName Instance { get; } = new();

        public bool Equals(FolderEntry? left, FolderEntry? right) => left!.BaseOctets.SequenceEqual(right!.BaseOctets);

        public int GetHashCode(FolderEntry entry) => HashOf(entry.BaseOctets);

        public bool Equals(ReadOnlySpan<char> name, FolderEntry entry)
        {
            Span<byte> octets = stackalloc byte[UsualName];
            return Octets(name, octets).SequenceEqual(entry.BaseOctets);
        }

        public int GetHashCode(ReadOnlySpan<char> name)
        {
            Span<byte> octets = stackalloc byte[UsualName];
            return HashOf(Octets(name, octets));
        }

        public FolderEntry Create(ReadOnlySpan<char> alternate) => throw new NotSupportedException("a name is no message");

        private static ReadOnlySpan<byte> Octets(ReadOnlySpan<char> name, Span<byte> room) =>
            Encoding.UTF8.TryGetBytes(name, room, out var length) ? room[..length] : Encoding.UTF8.GetBytes(name.ToString());

        // Keyed at random in each process: names come from strangers.
        private static int HashOf(ReadOnlySpan<byte> octets)
        {
            var hash = default(HashCode);
            hash.AddBytes(octets);
            return hash.ToHashCode();
        }
    }
}
