using System.Text;

namespace MailServer.Storage;

/// <summary>What the index says of its folder: as long as the stamps are those of the files, nothing else needs to be read.</summary>
internal sealed record IndexState
{
    public ulong HighestModSeq { get; init; }

    /// <summary>No message has a MODSEQ below: those that have one in their record were not to be trusted any more.</summary>
    public ulong LeastModSeq { get; init; }

    /// <summary>The log of expunged messages reaches back to here.</summary>
    public ulong VanishedFrom { get; init; }

    /// <summary>When the directories had last changed, if that had all been seen.</summary>
    public FolderTimes Times { get; init; }

    public FileStamp UidList { get; init; }

    /// <summary>The keyword file's stamp: another one may give the letters other meanings.</summary>
    public FileStamp Keywords { get; init; }

    public FileStamp Further { get; init; }

    public uint UidNext { get; init; }

    /// <summary>Whether lines may be appended to the UID list.</summary>
    public bool CanAppend { get; init; }

    /// <summary>Header keys of the UID list.</summary>
    public string HeaderExtras { get; init; } = "";

    /// <summary>Octets of the structures' file that the messages' records know of.</summary>
    public long Structures { get; init; }

    /// <summary>Which start of the machine it was written in.</summary>
    public string Boot { get; init; } = "";

    public byte[] Write()
    {
        using var memory = new MemoryStream();
        using var writer = new BinaryWriter(memory, Encoding.UTF8);
        writer.Write(HighestModSeq);
        writer.Write(LeastModSeq);
        writer.Write(VanishedFrom);
        writer.Write(Times.New);
        writer.Write(Times.Cur);
        foreach (var stamp in (ReadOnlySpan<FileStamp>)[UidList, Keywords, Further])
        {
            writer.Write(stamp.Length);
            writer.Write(stamp.Ticks);
        }

        writer.Write(UidNext);
        writer.Write(Structures);
        writer.Write(CanAppend);
        writer.Write(HeaderExtras);
        writer.Write(Boot);
        writer.Flush();
        return memory.ToArray();
    }

    /// <exception cref="InvalidDataException">It is too short.</exception>
    public static IndexState Read(ReadOnlySpan<byte> payload)
    {
        using var reader = new BinaryReader(new MemoryStream(payload.ToArray()), Encoding.UTF8);
        FileStamp Stamp() => new(reader.ReadInt64(), reader.ReadInt64());
        try
        {
            return new()
            {
                HighestModSeq = reader.ReadUInt64(),
                LeastModSeq = reader.ReadUInt64(),
                VanishedFrom = reader.ReadUInt64(),
                Times = new(reader.ReadInt64(), reader.ReadInt64()),
                UidList = Stamp(),
                Keywords = Stamp(),
                Further = Stamp(),
                UidNext = reader.ReadUInt32(),
                Structures = reader.ReadInt64(),
                CanAppend = reader.ReadBoolean(),
                HeaderExtras = reader.ReadString(),
                Boot = reader.ReadString(),
            };
        }
        catch (Exception failure) when (failure is EndOfStreamException or FormatException)
        {
            throw new InvalidDataException("the state is too short", failure);
        }
    }
}
