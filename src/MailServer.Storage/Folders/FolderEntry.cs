using System.Text;

namespace MailServer.Storage;

/// <summary>
/// A message of a shared folder. Changed only under the folder's gate; <see cref="Pass"/> belongs to the scan. There is one for each
/// message of a folder in use, so it is small: its name is UTF-8 in an array that the messages of one piece of the index share, its flags'
/// letters are shared by all that have the same.
/// </summary>
internal sealed class FolderEntry
{
    /// <summary>The end of the year 9999, beyond which there are no dates: a name may say any number.</summary>
    private const long MaxSeconds = 253_402_300_799;

    private readonly byte[] _names;
    private readonly int _at;
    private readonly ushort _length;
    private string _ending = "";
    private int _bareLines;
    private Rare _rare = Rare.None;

    public FolderEntry(uint uid, byte[] names, int at, int length) => (Uid, _names, _at, _length) = (uid, names, at, (ushort)length);

    public FolderEntry(uint uid, string baseName)
    {
        _names = Encoding.UTF8.GetBytes(baseName);
        (Uid, _length) = (uid, (ushort)_names.Length);
    }

    public uint Uid { get; }

    /// <summary>The base name in UTF-8.</summary>
    public ReadOnlySpan<byte> BaseOctets => _names.AsSpan(_at, _length);

    public string BaseName => Encoding.UTF8.GetString(BaseOctets);

    /// <summary>What follows the base name: <c>:2,FLAGS</c>, or nothing.</summary>
    public string Ending => _ending;

    public void SetEnding(string shared) => _ending = shared;

    /// <summary>The file's name in <c>new</c> or <c>cur</c>, as last seen.</summary>
    public string FileName
    {
        get => BaseName + _ending;
        set => _ending = NameEndings.Share(value.AsSpan(MessageName.BaseOf(value).Length));
    }

    /// <summary>Whether the file is in <c>new</c>.</summary>
    public bool InNew { get; set; }

    public SystemFlags System { get; set; }

    public IReadOnlyList<string> Keywords { get; set; } = [];

    /// <summary>The file's size; -1 as long as nobody has asked (see <see cref="SharedFolder.Measure"/>).</summary>
    public long FileSize => IsMeasured ? CrlfSize - _bareLines : -1;

    /// <summary>The size with CRLF line ends; -1 as the file's size.</summary>
    public long CrlfSize { get; private set; } = -1;

    /// <summary>The file's modification time, which is INTERNALDATE.</summary>
    public long DateTicks { get; private set; }

    /// <summary>Whether the last line has no end.</summary>
    public bool HasOpenEnd { get; private set; }

    /// <summary>Whether <see cref="HasOpenEnd"/> was seen and not only taken from a name.</summary>
    public bool IsEndSeen { get; private set; }

    public bool IsMeasured => CrlfSize >= 0;

    public ulong ModSeq { get; set; }

    /// <summary>Where its structure is in the folder's cache, in pieces of <see cref="StructureFile.Unit"/> octets; 0 when it is not there.</summary>
    public uint StructureAt { get; set; }

    /// <summary>Keys of the line in the UID list.</summary>
    public string UidExtras
    {
        get => _rare.UidExtras;
        set => _rare = value.Length == 0 && _rare.Note is null ? Rare.None : new(value, _rare.Note);
    }

    /// <summary>What is shown when the file cannot be read.</summary>
    public UnreadableNote? Note
    {
        get => _rare.Note;
        set => _rare = new(_rare.UidExtras, value);
    }

    /// <summary>Whether no session has been told of it yet (RFC 3501 §2.3.2).</summary>
    public bool IsRecent { get; set; }

    public bool IsExpunged { get; set; }

    /// <summary>Whether the index file does not have it as it is.</summary>
    public bool IsUnsaved { get; set; }

    /// <summary>The last scan that has seen the file.</summary>
    public int Pass { get; set; }

    public MessageFlags Flags => new() { System = System, Keywords = Keywords };

    public string PathIn(FolderPlace place) => Path.Combine(InNew ? place.New : place.Cur, FileName);

    /// <summary>Its line in the UID list.</summary>
    public UidRecord Line() => new(Uid, BaseName, UidExtras);

    /// <summary>Takes down what the file says.</summary>
    public void Measured(long fileSize, long crlfSize, long dateTicks, bool hasOpenEnd = false) =>
        (_bareLines, DateTicks, HasOpenEnd, CrlfSize) = ((int)(crlfSize - fileSize), dateTicks, hasOpenEnd, crlfSize);

    /// <summary>Takes down how the file ends.</summary>
    public void EndSeen(bool isOpen) => (HasOpenEnd, IsEndSeen) = (isOpen, true);

    /// <summary>When it came into this folder (RFC 8514): a copy gets a base name of its own, which begins with the second. Null when the name tells none.</summary>
    public DateTimeOffset? SaveDate => MessageName.SecondsOf(BaseName) is > 0 and <= MaxSeconds and var seconds ? DateTimeOffset.UnixEpoch.AddSeconds(seconds) : null;

    /// <summary>What sessions may know. Where the file was gone before it was measured, its name tells what it can.</summary>
    public MessageInfo Info()
    {
        var baseName = IsMeasured ? "" : BaseName;
        return new()
        {
            Uid = Uid,
            Flags = Flags,
            Size = IsMeasured ? CrlfSize : Math.Max(0, MessageName.SizesOf(baseName).CrlfSize),
            InternalDate = IsMeasured ? new(DateTicks, TimeSpan.Zero) : DateTimeOffset.UnixEpoch.AddSeconds(Math.Min(MessageName.SecondsOf(baseName), MaxSeconds)),
            ModSeq = ModSeq,
            HasOpenEnd = HasOpenEnd,
        };
    }

    /// <summary>What few messages have.</summary>
    private sealed record Rare(string UidExtras, UnreadableNote? Note)
    {
        public static Rare None { get; } = new("", null);
    }
}
