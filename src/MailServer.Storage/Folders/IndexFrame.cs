using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace MailServer.Storage;

/// <summary>What a frame of the index holds.</summary>
internal enum IndexFrameKind
{
    /// <summary>Messages as they are now.</summary>
    Messages = 1,

    /// <summary>Messages that are no more.</summary>
    Vanished = 2,

    /// <summary>What is true of the folder when all frames before are.</summary>
    State = 3,
}

/// <summary>
/// The frames of the index: length, check sum, kind and count, then the content. A frame that is not whole is as if it had not been written.
/// Messages are records of 48 octets, with names behind them all.
/// </summary>
internal static class IndexFrame
{
    public const int HeadLength = 12;

    /// <summary>Octets of one frame: our own end soon after 128 KiB, anything far longer is rubbish that must not be given memory.</summary>
    public const int MaxLength = 1024 * 1024;

    private const int FullLength = 128 * 1024;
    private const int MaxCount = 1024;
    private const int RecordLength = 48;
    private const int VanishedLength = 12;
    private const int InNewFlag = 1;
    private const int RecentFlag = 2;
    private const int AbsentFlag = 4;
    private const int OpenEndFlag = 8;

    /// <summary>CRC-32C: it is to find torn and decayed writes, not forgers.</summary>
    public static uint CheckSum(ReadOnlySpan<byte> octets)
    {
        var sum = uint.MaxValue;
        for (; octets.Length >= 8; octets = octets[8..])
            sum = BitOperations.Crc32C(sum, BinaryPrimitives.ReadUInt64LittleEndian(octets));
        foreach (var octet in octets)
            sum = BitOperations.Crc32C(sum, octet);
        return ~sum;
    }

    /// <summary>Writes messages, in as many frames as it takes.</summary>
    public static void WriteMessages(MemoryStream to, IReadOnlyList<FolderEntry> entries, bool areAbsent)
    {
        for (var from = 0; from < entries.Count;)
        {
            var (count, names) = (0, 0);
            while (count < MaxCount && from + count < entries.Count && (count + 1) * RecordLength + names < FullLength)
                names += NamesLength(entries[from + count++]);
            var payload = new byte[count * RecordLength + names];
            var at = count * RecordLength;
            for (var i = 0; i < count; i++)
                at += Write(entries[from + i], areAbsent, payload.AsSpan(i * RecordLength, RecordLength), payload.AsSpan(at), at);
            WriteFrame(to, IndexFrameKind.Messages, count, payload);
            from += count;
        }
    }

    public static void WriteVanished(MemoryStream to, ReadOnlySpan<Vanished> gone)
    {
        for (; gone.Length > 0; gone = gone[Math.Min(MaxCount, gone.Length)..])
        {
            var count = Math.Min(MaxCount, gone.Length);
            var payload = new byte[count * VanishedLength];
            for (var i = 0; i < count; i++)
            {
                BinaryPrimitives.WriteUInt32LittleEndian(payload.AsSpan(i * VanishedLength), gone[i].Uid);
                BinaryPrimitives.WriteUInt64LittleEndian(payload.AsSpan((i * VanishedLength) + 4), gone[i].ModSeq);
            }

            WriteFrame(to, IndexFrameKind.Vanished, count, payload);
        }
    }

    public static void WriteFrame(MemoryStream to, IndexFrameKind kind, int count, ReadOnlySpan<byte> payload)
    {
        Span<byte> head = stackalloc byte[HeadLength];
        BinaryPrimitives.WriteInt32LittleEndian(head, payload.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(head[4..], CheckSum(payload) ^ Seal(kind, count));
        BinaryPrimitives.WriteUInt16LittleEndian(head[8..], (ushort)kind);
        BinaryPrimitives.WriteUInt16LittleEndian(head[10..], (ushort)count);
        to.Write(head);
        to.Write(payload);
    }

    /// <summary>Binds kind and count to the check sum; an empty frame of zeros is no frame.</summary>
    public static uint Seal(IndexFrameKind kind, int count) => ((uint)kind << 16 | (uint)count) * 0x9E37_79B1;

    /// <exception cref="InvalidDataException">A record lies outside of its frame.</exception>
    public static void ReadMessages(ReadOnlySpan<byte> payload, int count, Action<FolderEntry, bool> take)
    {
        if (payload.Length < count * RecordLength)
            throw new InvalidDataException("a frame of messages is too short");

        // One array for the names of all: they live as long as any of the messages, which is as long as the folder is in use.
        var names = payload[(count * RecordLength)..].ToArray();
        Span<char> ending = stackalloc char[byte.MaxValue];
        for (var i = 0; i < count; i++)
        {
            var record = payload.Slice(i * RecordLength, RecordLength);
            int baseLength = record[4], endingLength = record[5], extrasLength = BinaryPrimitives.ReadUInt16LittleEndian(record[6..]);
            var at = (int)BinaryPrimitives.ReadUInt32LittleEndian(record[44..]) - (count * RecordLength);
            if (at < 0 || at > names.Length - baseLength - endingLength - extrasLength || baseLength == 0)
                throw new InvalidDataException("a name lies outside of its frame");
            var entry = new FolderEntry(BinaryPrimitives.ReadUInt32LittleEndian(record), names, at, baseLength)
            {
                InNew = (record[8] & InNewFlag) != 0,
                IsRecent = (record[8] & RecentFlag) != 0,
                ModSeq = BinaryPrimitives.ReadUInt64LittleEndian(record[32..]),
                StructureAt = BinaryPrimitives.ReadUInt32LittleEndian(record[40..]),
            };
            if (endingLength > 0)
                entry.SetEnding(NameEndings.Share(ending[..Encoding.UTF8.GetChars(names.AsSpan(at + baseLength, endingLength), ending)]));
            if (extrasLength > 0)
                entry.UidExtras = Encoding.UTF8.GetString(names.AsSpan(at + baseLength + endingLength, extrasLength));
            if (BinaryPrimitives.ReadInt64LittleEndian(record[16..]) is >= 0 and var size)
                entry.Measured(size - BinaryPrimitives.ReadInt32LittleEndian(record[12..]), size, BinaryPrimitives.ReadInt64LittleEndian(record[24..]),
                    (record[8] & OpenEndFlag) != 0);
            take(entry, (record[8] & AbsentFlag) != 0);
        }
    }

    public static Vanished ReadVanished(ReadOnlySpan<byte> payload, int i) => payload.Length < (i + 1) * VanishedLength
        ? throw new InvalidDataException("a frame of expunged messages is too short")
        : new(BinaryPrimitives.ReadUInt32LittleEndian(payload[(i * VanishedLength)..]), BinaryPrimitives.ReadUInt64LittleEndian(payload[((i * VanishedLength) + 4)..]));

    private static int NamesLength(FolderEntry entry) =>
        entry.BaseOctets.Length + Encoding.UTF8.GetByteCount(entry.Ending) + Encoding.UTF8.GetByteCount(entry.UidExtras);

    private static int Write(FolderEntry entry, bool isAbsent, Span<byte> record, Span<byte> names, int at)
    {
        var length = entry.BaseOctets.Length;
        entry.BaseOctets.CopyTo(names);
        var ending = Encoding.UTF8.GetBytes(entry.Ending, names[length..]);
        var extras = Encoding.UTF8.GetBytes(entry.UidExtras, names[(length + ending)..]);
        BinaryPrimitives.WriteUInt32LittleEndian(record, entry.Uid);
        record[4] = (byte)length;
        record[5] = (byte)ending;
        BinaryPrimitives.WriteUInt16LittleEndian(record[6..], (ushort)extras);
        record[8] = (byte)((entry.InNew ? InNewFlag : 0) | (entry.IsRecent ? RecentFlag : 0) | (isAbsent ? AbsentFlag : 0)
            | (entry.HasOpenEnd ? OpenEndFlag : 0));
        BinaryPrimitives.WriteInt32LittleEndian(record[12..], (int)(entry.CrlfSize - entry.FileSize));
        BinaryPrimitives.WriteInt64LittleEndian(record[16..], entry.CrlfSize);
        BinaryPrimitives.WriteInt64LittleEndian(record[24..], entry.DateTicks);
        BinaryPrimitives.WriteUInt64LittleEndian(record[32..], entry.ModSeq);
        BinaryPrimitives.WriteUInt32LittleEndian(record[40..], entry.StructureAt);
        BinaryPrimitives.WriteUInt32LittleEndian(record[44..], (uint)at);
        return length + ending + extras;
    }
}
