using System.IO.Enumeration;

namespace MailServer.Storage;

/// <summary>
/// One look at <c>new</c> and then <c>cur</c>: in this order, since mail readers move files that way. Files under the name they are known
/// by cost no memory.
/// </summary>
internal sealed class FolderListing
{
    private readonly EntryTable _known;
    private readonly int _pass;

    public FolderListing(FolderPlace place, EntryTable known, int pass)
    {
        _known = known;
        _pass = pass;
        using (var looker = new Looker(this, place.New, isNew: true))
            while (looker.MoveNext())
            {
            }

        using (var looker = new Looker(this, place.Cur, isNew: false))
            while (looker.MoveNext())
            {
            }
    }

    /// <summary>Known messages whose files have another name or place now.</summary>
    public Dictionary<FolderEntry, FoundFile> Moved { get; } = [];

    /// <summary>Files of messages not known, by base name.</summary>
    public Dictionary<string, FoundFile> Unknown { get; } = new(StringComparer.Ordinal);

    /// <summary>Files whose base name another file has too; often one file, seen under two names while it was renamed.</summary>
    public List<FoundFile> Doubled { get; } = [];

    /// <summary>Whether a name may be one that cannot be kept.</summary>
    public bool HasOddNames { get; private set; }

    private void See(ReadOnlySpan<char> name, bool isNew)
    {
        var baseName = MessageName.BaseOf(name);
        if (!_known.TryGetValue(baseName, out var entry))
        {
            var file = new FoundFile(name.ToString(), isNew);
            if (!Unknown.TryAdd(baseName.ToString(), file))
                Doubled.Add(file);
            return;
        }

        var isSame = entry.InNew == isNew && name[baseName.Length..].SequenceEqual(entry.Ending);
        if (entry.Pass == _pass)
        {
            Doubled.Add(new(name.ToString(), isNew));
            return;
        }

        entry.Pass = _pass;
        if (!isSame)
            Moved[entry] = new(name.ToString(), isNew);
    }

    private sealed class Looker(FolderListing listing, string directory, bool isNew) : FileSystemEnumerator<bool>(directory, All)
    {
        private static readonly EnumerationOptions All = new() { AttributesToSkip = 0, IgnoreInaccessible = false };

        protected override bool ShouldIncludeEntry(ref FileSystemEntry entry)
        {
            // What only looks like a message (a directory, a pipe) is one that cannot be read.
            if (MessageName.IsMessage(entry.FileName))
                listing.See(entry.FileName, isNew);
            listing.HasOddNames |= OddName.MayBe(entry.FileName);
            return false;
        }

        protected override bool TransformEntry(ref FileSystemEntry entry) => false;
    }
}

/// <summary>A file in <c>new</c> or <c>cur</c>.</summary>
/// <param name="Name">Its name.</param>
/// <param name="InNew">Whether it is in <c>new</c>.</param>
internal readonly record struct FoundFile(string Name, bool InNew)
{
    public string PathIn(FolderPlace place) => Path.Combine(InNew ? place.New : place.Cur, Name);
}
