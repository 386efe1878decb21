namespace MailServer.Storage;

/// <summary>A message of a shared folder. Changed only under the folder's gate; <see cref="Pass"/> belongs to the scan.</summary>
internal sealed class FolderEntry
{
    /// <summary>The end of the year 9999, beyond which there are no dates: a name may say any number.</summary>
    private const long MaxSeconds = 253_402_300_799;

    public required uint Uid { get; init; }

    public required string BaseName { get; init; }

    /// <summary>The file's name in <c>new</c> or <c>cur</c>, as last seen.</summary>
    public required string FileName { get; set; }

    /// <summary>Whether the file is in <c>new</c>.</summary>
    public required bool InNew { get; set; }

    public SystemFlags System { get; set; }

    public IReadOnlyList<string> Keywords { get; set; } = [];

    /// <summary>The file's size; -1 as long as nobody has asked (see <see cref="SharedFolder.Measure"/>).</summary>
    public long FileSize { get; private set; } = -1;

    /// <summary>The size with CRLF line ends.</summary>
    public long CrlfSize { get; private set; }

    /// <summary>The file's modification time, which is INTERNALDATE.</summary>
    public long DateTicks { get; private set; }

    public bool IsMeasured => FileSize >= 0;

    public ulong ModSeq { get; set; }

    /// <summary>Keys of the line in the UID list.</summary>
    public string UidExtras { get; init; } = "";

    public MessageFlags Flags => new() { System = System, Keywords = Keywords };

    /// <summary>Whether no session has been told of it yet (RFC 3501 §2.3.2).</summary>
    public bool IsRecent { get; set; }

    public bool IsExpunged { get; set; }

    /// <summary>What is shown when the file cannot be read.</summary>
    public UnreadableNote? Note { get; set; }

    /// <summary>The last scan that has seen the file.</summary>
    public long Pass { get; set; }

    public string PathIn(FolderPlace place) => Path.Combine(InNew ? place.New : place.Cur, FileName);

    /// <summary>Takes down what the file says.</summary>
    public void Measured(long fileSize, long crlfSize, long dateTicks) => (CrlfSize, DateTicks, FileSize) = (crlfSize, dateTicks, fileSize);

    /// <summary>What sessions may know. Where the file was gone before it was measured, its name tells what it can.</summary>
    public MessageInfo Info() => new()
    {
        Uid = Uid,
        Flags = Flags,
        Size = IsMeasured ? CrlfSize : Math.Max(0, MessageName.SizesOf(BaseName).CrlfSize),
        InternalDate = IsMeasured ? new(DateTicks, TimeSpan.Zero) : DateTimeOffset.UnixEpoch.AddSeconds(Math.Min(MessageName.SecondsOf(BaseName), MaxSeconds)),
        ModSeq = ModSeq,
    };
}
