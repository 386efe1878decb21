namespace MailServer.Storage;

/// <summary>A message of a shared folder. Changed only under the folder's gate; <see cref="Pass"/> belongs to the scan.</summary>
internal sealed class FolderEntry
{
    public required uint Uid { get; init; }

    public required string BaseName { get; init; }

    /// <summary>The file's name in <c>new</c> or <c>cur</c>, as last seen.</summary>
    public required string FileName { get; set; }

    /// <summary>Whether the file is in <c>new</c>.</summary>
    public required bool InNew { get; set; }

    public SystemFlags System { get; set; }

    public IReadOnlyList<string> Keywords { get; set; } = [];

    /// <summary>The file's size.</summary>
    public long FileSize { get; init; }

    /// <summary>The size with CRLF line ends.</summary>
    public long CrlfSize { get; init; }

    /// <summary>The file's modification time, which is INTERNALDATE.</summary>
    public long DateTicks { get; init; }

    public ulong ModSeq { get; set; }

    /// <summary>Keys of the line in the UID list.</summary>
    public string UidExtras { get; init; } = "";

    /// <summary>Whether no session has been told of it yet (RFC 3501 §2.3.2).</summary>
    public bool IsRecent { get; set; }

    public bool IsExpunged { get; set; }

    /// <summary>What is shown when the file cannot be read.</summary>
    public UnreadableNote? Note { get; init; }

    /// <summary>The last scan that has seen the file.</summary>
    public long Pass { get; set; }

    public string PathIn(FolderPlace place) => Path.Combine(InNew ? place.New : place.Cur, FileName);

    public MessageInfo Info() => new()
    {
        Uid = Uid,
        Flags = new() { System = System, Keywords = Keywords },
        Size = CrlfSize,
        InternalDate = new(DateTicks, TimeSpan.Zero),
        ModSeq = ModSeq,
    };
}
