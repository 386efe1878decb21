using System.Buffers.Binary;
using MailServer.Posix;

namespace MailServer.Storage;

/// <summary>
/// What an index file holds: what would have to be read from the messages, from the UID list, or could be found nowhere else (MODSEQs, and
/// which messages were expunged). A file <c>mailserver-index</c> in the folder: a head, then frames (<see cref="IndexFrame"/>), the later
/// ones of which say what has changed since. Deleting it loses time and nothing else.
/// </summary>
internal sealed class FolderIndex
{
    public const string FileName = "mailserver-index";

    /// <summary>The place of the octet that says whether changes were told to clients that the file does not have (yet).</summary>
    public const int OpenAt = 12;

    public const int HeadLength = 24;

    private const uint Magic = 0x4D534958; // "MSIX"
    private const uint Version = 2;

    private readonly List<FolderEntry?> _entries = [];
    private readonly Dictionary<uint, UidRecord> _absent = [];

    private FolderIndex(uint uidValidity, bool isOpen) => (UidValidity, IsOpen) = (uidValidity, isOpen);

    public uint UidValidity { get; }

    /// <summary>Whether the server that wrote it has died: clients may know more than it.</summary>
    public bool IsOpen { get; }

    /// <summary>What the last whole frame says of the folder as a whole.</summary>
    public IndexState State { get; private set; } = new();

    /// <summary>The messages in order of UID, their flags not yet read from their names.</summary>
    public List<FolderEntry> Entries { get; private set; } = [];

    /// <summary>Lines of the UID list without a file.</summary>
    public IReadOnlyCollection<UidRecord> Absent => _absent.Values;

    /// <summary>Expunged messages, in order of MODSEQ.</summary>
    public List<Vanished> Vanished { get; } = [];

    /// <summary>Records in the file, the outdated ones too.</summary>
    public int Records { get; private set; }

    /// <summary>Octets up to the end of the last whole frame.</summary>
    public long Length { get; private set; } = HeadLength;

    /// <summary>What is wrong with the rest; null when there is none.</summary>
    public string? Damage { get; private set; }

    /// <summary>Reads an index as far as it is good; null when there is none.</summary>
    /// <exception cref="InvalidDataException">The file is not an index of ours.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static FolderIndex? Read(string path)
    {
        if (!File.Exists(path))
            return null;
        using var file = DiskFile.Open(path);
        Span<byte> head = stackalloc byte[HeadLength];
        if (RandomAccess.Read(file, head, 0) < HeadLength || BinaryPrimitives.ReadUInt32LittleEndian(head) != Magic)
            throw new InvalidDataException("no index");
        if (BinaryPrimitives.ReadUInt32LittleEndian(head[4..]) != Version)
            throw new InvalidDataException("another version");
        if (BinaryPrimitives.ReadUInt32LittleEndian(head[16..]) != IndexFrame.CheckSum(head[..OpenAt]))
            throw new InvalidDataException("the check sum of the head is wrong");

        var index = new FolderIndex(BinaryPrimitives.ReadUInt32LittleEndian(head[8..]), head[OpenAt] != 0);
        index.ReadFrames(file);
        index.Entries = index._entries.Where(entry => entry is not null).ToList()!;
        return index;
    }

    /// <summary>The head of a new file.</summary>
    public static byte[] Head(uint uidValidity, bool isOpen)
    {
        var head = new byte[HeadLength];
        BinaryPrimitives.WriteUInt32LittleEndian(head, Magic);
        BinaryPrimitives.WriteUInt32LittleEndian(head.AsSpan(4), Version);
        BinaryPrimitives.WriteUInt32LittleEndian(head.AsSpan(8), uidValidity);
        head[OpenAt] = (byte)(isOpen ? 1 : 0);
        BinaryPrimitives.WriteUInt32LittleEndian(head.AsSpan(16), IndexFrame.CheckSum(head.AsSpan(0, OpenAt)));
        return head;
    }

    private void ReadFrames(Microsoft.Win32.SafeHandles.SafeFileHandle file)
    {
        using var reader = new IndexReader(file, HeadLength);
        while (reader.Next() is { } kind)
        {
            switch (kind)
            {
                case IndexFrameKind.Messages:
                    Records += reader.Count;
                    IndexFrame.ReadMessages(reader.Payload, reader.Count, Take);
                    break;
                case IndexFrameKind.Vanished:
                    Records += reader.Count;
                    for (var i = 0; i < reader.Count; i++)
                        Take(IndexFrame.ReadVanished(reader.Payload, i));
                    break;
                case IndexFrameKind.State:
                    State = IndexState.Read(reader.Payload);
                    break;
            }

            Length = reader.Position;
        }

        Damage = reader.Damage;
    }

    private void Take(FolderEntry entry, bool isAbsent)
    {
        var at = Find(entry.Uid);
        if (isAbsent)
        {
            _absent[entry.Uid] = entry.Line();
            if (at >= 0)
                _entries[at] = null;
            return;
        }

        if (_absent.Count > 0)
            _absent.Remove(entry.Uid);
        if (at >= 0)
            _entries[at] = entry;
        else
            _entries.Insert(~at, entry);
    }

    private void Take(Vanished gone)
    {
        Vanished.Add(gone);
        if (Find(gone.Uid) is >= 0 and var at && _entries[at] is { } entry)
        {
            _absent[gone.Uid] = entry.Line();
            _entries[at] = null;
        }
    }

    /// <summary>Records come mostly in order of UID, changes later. What has vanished leaves its place empty until the end.</summary>
    private int Find(uint uid)
    {
        var (low, high) = (0, _entries.Count);
        if (high == 0 || _entries[^1] is { } last && last.Uid < uid)
            return ~high;
        while (low < high)
        {
            var middle = (low + high) / 2;
            var known = middle;
            while (known < high && _entries[known] is null)
                known++;
            if (known == high)
                high = middle;
            else if (_entries[known]!.Uid == uid)
                return known;
            else if (_entries[known]!.Uid < uid)
                low = known + 1;
            else
                high = middle;
        }

        return ~low;
    }
}

/// <summary>An expunged message.</summary>
/// <param name="Uid">Its UID.</param>
/// <param name="ModSeq">The MODSEQ of its end.</param>
internal readonly record struct Vanished(uint Uid, ulong ModSeq);
