using System.Buffers.Binary;
using System.Globalization;
using MailServer.Posix;
using Microsoft.Win32.SafeHandles;

namespace MailServer.Storage;

/// <summary>
/// ENVELOPE, BODYSTRUCTURE, the usual header fields and the places of the parts of messages that were read once: <c>mailserver-structures</c> in the folder, only
/// appended to. Whoever reads says which message is meant; a record of another one, or one that is not whole, is none. Safe for several threads.
/// </summary>
internal sealed class StructureFile(string path, uint uidValidity) : IDisposable
{
    public const string FileName = "mailserver-structures";

    /// <summary>Places in the file are multiples of this: so they fit into 32 bits up to 64 GiB.</summary>
    public const int Unit = 16;

    /// <summary>Octets of one structure that is kept; only mails of thousands of parts have more.</summary>
    public const int MaxStructure = 128 * 1024;

    private const uint Magic = 0x54534D53; // "SMST"
    private const uint Version = 2;
    private const int RecordHead = 16;
    private const int MaxPending = 64 * 1024;
    private const int WindowLength = 64 * 1024;

    private readonly Lock _gate = new();
    private readonly MemoryStream _pending = new();
    private readonly byte[] _window = new byte[WindowLength];
    private SafeFileHandle? _file;
    private long _written;
    private long _windowAt;
    private int _windowLength;

    /// <summary>Where the next record comes.</summary>
    public long Length
    {
        get
        {
            lock (_gate)
                return _written + _pending.Length;
        }
    }

    /// <summary>What is kept of a message at a place, or null.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public MessageStructure? Read(FolderEntry entry)
    {
        lock (_gate)
            return Payload(entry) is { IsEmpty: false } payload ? StructureRecord.Read(payload.ToArray()) : null;
    }

    /// <summary>The header fields that are kept of a message, or null.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public byte[]? ReadFields(FolderEntry entry)
    {
        lock (_gate)
            return Payload(entry) is { IsEmpty: false } payload ? StructureRecord.ReadFields(payload) : null;
    }

    /// <summary>The octets of a message's record; empty when it is another's or not whole.</summary>
    private ReadOnlySpan<byte> Payload(FolderEntry entry)
    {
        Open();
        var head = Peek((long)entry.StructureAt * Unit, RecordHead);
        if (head.IsEmpty || BinaryPrimitives.ReadUInt32LittleEndian(head[8..]) != entry.Uid || BinaryPrimitives.ReadUInt32LittleEndian(head[12..]) != NameSum(entry))
            return default;
        var (length, sum) = (BinaryPrimitives.ReadInt32LittleEndian(head), BinaryPrimitives.ReadUInt32LittleEndian(head[4..]));
        if (length is <= 0 or > MaxStructure)
            return default;
        var payload = Peek(((long)entry.StructureAt * Unit) + RecordHead, length);
        return payload.IsEmpty || IndexFrame.CheckSum(payload) != sum ? default : payload;
    }

    /// <summary>Keeps a structure; 0 when it is too large.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public uint Append(FolderEntry entry, MessageStructure structure, byte[]? fields)
    {
        var payload = StructureRecord.Write(structure, fields);
        if (payload.Length > MaxStructure)
            return 0;
        Span<byte> head = stackalloc byte[RecordHead];
        BinaryPrimitives.WriteInt32LittleEndian(head, payload.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(head[4..], IndexFrame.CheckSum(payload));
        BinaryPrimitives.WriteUInt32LittleEndian(head[8..], entry.Uid);
        BinaryPrimitives.WriteUInt32LittleEndian(head[12..], NameSum(entry));
        lock (_gate)
        {
            Open();
            var place = (_written + _pending.Length) / Unit;
            if (place > uint.MaxValue)
                return 0;
            _pending.Write(head);
            _pending.Write(payload);
            while (_pending.Length % Unit != 0)
                _pending.WriteByte(0);
            if (_pending.Length > MaxPending)
                WritePending();
            return (uint)place;
        }
    }

    /// <summary>Writes what waits.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void Flush()
    {
        lock (_gate)
            if (_pending.Length > 0)
                WritePending();
    }

    /// <summary>Tells of all records from a place on: place, UID and name.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public void Scan(long from, Action<uint, uint, uint> tell)
    {
        lock (_gate)
        {
            Open();
            for (var at = Math.Max(from, Unit) / Unit * Unit; at < _written;)
            {
                var head = Peek(at, RecordHead);
                var length = head.IsEmpty ? 0 : BinaryPrimitives.ReadInt32LittleEndian(head);
                if (length is <= 0 or > MaxStructure)
                    return; // torn: what comes behind cannot be told
                tell((uint)(at / Unit), BinaryPrimitives.ReadUInt32LittleEndian(head[8..]), BinaryPrimitives.ReadUInt32LittleEndian(head[12..]));
                at += (RecordHead + length + Unit - 1) / Unit * Unit;
            }
        }
    }

    /// <summary>What is wrong with a file, or null: its head, then each record's check sum. What is torn at the end is left by a kill, and no trouble.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static string? Trouble(SafeFileHandle file)
    {
        var head = new byte[Unit];
        if (RandomAccess.Read(file, head, 0) < Unit || BinaryPrimitives.ReadUInt32LittleEndian(head) != Magic)
            return "it does not begin as such a file does";
        if (BinaryPrimitives.ReadUInt32LittleEndian(head.AsSpan(4)) != Version)
            return null; // of another version of ours, and begun anew by the next
        var payload = new byte[MaxStructure];
        for (long at = Unit; RandomAccess.Read(file, head, at) == RecordHead;)
        {
            var length = BinaryPrimitives.ReadInt32LittleEndian(head);
            if (length is <= 0 or > MaxStructure)
                return string.Create(CultureInfo.InvariantCulture, $"what is at octet {at} is no record");
            if (RandomAccess.Read(file, payload.AsSpan(0, length), at + RecordHead) < length)
                return null;
            if (IndexFrame.CheckSum(payload.AsSpan(0, length)) != BinaryPrimitives.ReadUInt32LittleEndian(head.AsSpan(4)))
                return string.Create(CultureInfo.InvariantCulture, $"the record at octet {at} has another check sum");
            at += (RecordHead + length + Unit - 1) / Unit * Unit;
        }

        return null;
    }

    /// <summary>Which base name a record belongs to.</summary>
    public static uint NameSum(FolderEntry entry) => IndexFrame.CheckSum(entry.BaseOctets);

    public void Dispose()
    {
        lock (_gate)
            _file?.Dispose();
    }

    /// <summary>Opens the file; one that is not ours, or of other UIDs, is begun anew.</summary>
    private void Open()
    {
        if (_file is not null)
            return;
        if (!File.Exists(path))
            StoreContext.WriteNew(path, Head());
        var file = DiskFile.OpenToReadAndWrite(path);
        var head = new byte[Unit];
        if (RandomAccess.Read(file, head, 0) < Unit || !head.AsSpan().SequenceEqual(Head()))
        {
            RandomAccess.SetLength(file, 0);
            DiskFile.Write(file, Head(), 0);
        }

        (_file, _written) = (file, (RandomAccess.GetLength(file) + Unit - 1) / Unit * Unit);
    }

    private byte[] Head()
    {
        var head = new byte[Unit];
        BinaryPrimitives.WriteUInt32LittleEndian(head, Magic);
        BinaryPrimitives.WriteUInt32LittleEndian(head.AsSpan(4), Version);
        BinaryPrimitives.WriteUInt32LittleEndian(head.AsSpan(8), uidValidity);
        return head;
    }

    private void WritePending()
    {
        DiskFile.Write(_file!, _pending.GetBuffer().AsSpan(0, (int)_pending.Length), _written);
        _written += _pending.Length;
        _pending.SetLength(0);
    }

    /// <summary>Octets of the file, or of what waits to be written; empty when they are not there. Clients ask for messages in order, so much is read at once.</summary>
    private ReadOnlySpan<byte> Peek(long at, int length)
    {
        if (at >= _written)
            return at - _written + length <= _pending.Length ? _pending.GetBuffer().AsSpan((int)(at - _written), length) : default;
        if (length > WindowLength)
        {
            var large = new byte[length];
            return RandomAccess.Read(_file!, large, at) == length ? large : default;
        }

        if (at < _windowAt || at + length > _windowAt + _windowLength)
            (_windowAt, _windowLength) = (at, RandomAccess.Read(_file!, _window, at));
        return at + length <= _windowAt + _windowLength ? _window.AsSpan((int)(at - _windowAt), length) : default;
    }
}
