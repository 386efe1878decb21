namespace MailServer.Storage;

/// <summary>What a run needs of a folder beyond what sessions do: base names, given beforehand, and the reason for the journal.</summary>
internal sealed partial class FolderView
{
    /// <summary>By base name: the name that the message's copy gets, and why. Null for sessions.</summary>
    public IReadOnlyDictionary<string, NamedChange>? Named { get; set; }

    public string NewNameFor(int sequence, UniqueNames names)
    {
        var entry = _slots[sequence - 1].Entry;
        lock (_folder.Gate)
            return names.Next(entry.FileSize, entry.CrlfSize, entry.HasOpenEnd);
    }

    private NamedChange NamedOf(FolderEntry entry) => Named is { } named ? named.GetValueOrDefault(entry.BaseName) : default;

    private JournalStep? WhyOf(FolderEntry entry) => Named is null ? null : NamedOf(entry).Why;
}

/// <summary>A message of a run.</summary>
/// <param name="As">The base name that its copy gets; null for any.</param>
/// <param name="Why">Which rule asks for it.</param>
internal readonly record struct NamedChange(string? As, JournalStep? Why);
