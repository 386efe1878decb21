using System.Security.Cryptography;
using System.Text;
using MailServer.Posix;

namespace MailServer.Storage;

/// <summary>
/// A cache of what would have to be read from the messages: sizes, dates, MODSEQs. A file <c>mailserver-index</c> in the folder; deleting
/// it loses time and nothing else. One that is broken, of another version, or of other UIDs is ignored.
/// </summary>
internal sealed class FolderIndex
{
    public const string FileName = "mailserver-index";

    private const uint Magic = 0x4D534958; // "MSIX"
    private const uint Version = 1;
    private const int CheckLength = 16;

    public required uint UidValidity { get; init; }

    public required ulong HighestModSeq { get; init; }

    /// <summary>The keyword file's stamp when the index was written: another one may give the letters other meanings.</summary>
    public required FileStamp Keywords { get; init; }

    public required IReadOnlyList<Record> Records { get; init; }

    /// <exception cref="InvalidDataException">The file is not an index of ours.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static FolderIndex? Read(string path)
    {
        if (!File.Exists(path))
            return null;
        var bytes = DiskFile.ReadAllBytes(path);
        if (bytes.Length < CheckLength)
            throw new InvalidDataException("too short");
        var body = bytes.AsSpan(0, bytes.Length - CheckLength);
        if (!SHA256.HashData(body).AsSpan(0, CheckLength).SequenceEqual(bytes.AsSpan(body.Length)))
            throw new InvalidDataException("the check sum is wrong");

        using var reader = new BinaryReader(new MemoryStream(bytes, 0, body.Length), Encoding.UTF8);
        if (reader.ReadUInt32() != Magic || reader.ReadUInt32() != Version)
            throw new InvalidDataException("another version");
        var (uidValidity, modSeq) = (reader.ReadUInt32(), reader.ReadUInt64());
        var keywords = new FileStamp(reader.ReadInt64(), reader.ReadInt64());
        var records = new Record[reader.ReadInt32()];
        for (var i = 0; i < records.Length; i++)
            records[i] = new(reader.ReadUInt32(), reader.ReadInt64(), reader.ReadInt64(), reader.ReadInt64(), reader.ReadUInt64(),
                reader.ReadByte(), reader.ReadString());
        return new() { UidValidity = uidValidity, HighestModSeq = modSeq, Keywords = keywords, Records = records };
    }

    /// <summary>Writes it. Not durable: the check sum tells what a power cut left.</summary>
    /// <exception cref="IOException">It failed.</exception>
    public void Write(string path, string draft)
    {
        using var memory = new MemoryStream(96 * (Records.Count + 1));
        using var writer = new BinaryWriter(memory, Encoding.UTF8);
        writer.Write(Magic);
        writer.Write(Version);
        writer.Write(UidValidity);
        writer.Write(HighestModSeq);
        writer.Write(Keywords.Length);
        writer.Write(Keywords.Ticks);
        writer.Write(Records.Count);
        foreach (var record in Records)
        {
            writer.Write(record.Uid);
            writer.Write(record.FileSize);
            writer.Write(record.CrlfSize);
            writer.Write(record.DateTicks);
            writer.Write(record.ModSeq);
            writer.Write(record.Place);
            writer.Write(record.FileName);
        }

        writer.Write(SHA256.HashData(memory.GetBuffer().AsSpan(0, (int)memory.Length)).AsSpan(0, CheckLength));
        writer.Flush();
        try
        {
            using (var file = DiskFile.Create(draft))
                DiskFile.Write(file, memory.GetBuffer().AsSpan(0, (int)memory.Length), 0);
            DurableFile.Rename(draft, path);
        }
        catch
        {
            DurableFile.TryUnlink(draft);
            throw;
        }
    }

    /// <summary>What is known of a message.</summary>
    /// <param name="Uid">Its UID.</param>
    /// <param name="FileSize">The file's size.</param>
    /// <param name="CrlfSize">The size with CRLF line ends.</param>
    /// <param name="DateTicks">INTERNALDATE.</param>
    /// <param name="ModSeq">Its MODSEQ.</param>
    /// <param name="Place">1 in <c>new</c>, 2 recent.</param>
    /// <param name="FileName">The file's name.</param>
    public readonly record struct Record(uint Uid, long FileSize, long CrlfSize, long DateTicks, ulong ModSeq, byte Place, string FileName);
}
