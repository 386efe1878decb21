using System.Globalization;
using System.Text;

namespace MailServer.Storage;

/// <summary>
/// The content of <c>dovecot-uidlist</c>: a header <c>3 V(uidvalidity) N(uidnext) G(guid)</c>, then a line <c>uid [keys] :name</c> a
/// message. Version 1 (Courier's too: <c>1 uidvalidity uidnext</c>, <c>uid name</c>) is read too.
/// </summary>
internal sealed class UidList
{
    public const string FileName = "dovecot-uidlist";

    private readonly Dictionary<string, UidRecord> _byBase = new(StringComparer.Ordinal);

    public uint UidValidity { get; private set; }

    /// <summary>The next UID to give.</summary>
    public uint UidNext { get; private set; } = 1;

    /// <summary>Header keys beside V and N, as they were read.</summary>
    public string HeaderExtras { get; private set; } = "";

    /// <summary>Whether lines may be appended as the file is: version 3, and its last line is whole.</summary>
    public bool CanAppend { get; private set; }

    /// <summary>
    /// Whether its numbers run out: no folder holds that many messages, only a broken list says so. The folder then begins anew with
    /// another UIDVALIDITY; the room left is more than one opening can use up.
    /// </summary>
    public bool IsExhausted => UidNext > UidValidityFile.Greatest || UidValidity > UidValidityFile.Greatest;

    /// <summary>Lines that could not be read.</summary>
    public int BadLines { get; private set; }

    public FileStamp Stamp { get; set; }

    public IReadOnlyDictionary<string, UidRecord> Records => _byBase;

    /// <summary>A new list without messages.</summary>
    public static UidList Create(uint uidValidity) => new()
    {
        UidValidity = uidValidity,
        HeaderExtras = $"G{Guid.NewGuid():N}",
    };

    /// <summary>Reads a list; null when its header cannot be read, which makes the whole worthless.</summary>
    public static UidList? Parse(ReadOnlySpan<byte> bytes)
    {
        var end = bytes.IndexOf((byte)'\n');
        if (end < 0)
            return null;
        var list = new UidList();
        var version = list.ReadHeader(Encoding.UTF8.GetString(bytes[..end]));
        if (version == 0)
            return null;

        list.CanAppend = version == 3 && bytes[^1] == '\n';
        bytes = bytes[(end + 1)..];
        for (uint last = 0; (end = bytes.IndexOf((byte)'\n')) >= 0; bytes = bytes[(end + 1)..])
            if (TryReadRecord(bytes[..end], version, out var record) && record.Uid > last && list._byBase.TryAdd(record.BaseName, record))
                last = record.Uid;
            else
                list.BadLines++;

        foreach (var record in list._byBase.Values)
            if (record.Uid >= list.UidNext)
                list.UidNext = record.Uid == uint.MaxValue ? uint.MaxValue : record.Uid + 1;
        return list;
    }

    public bool TryFind(string baseName, out UidRecord record) => _byBase.TryGetValue(baseName, out record);

    /// <summary>Gives the next UID to a message.</summary>
    public UidRecord Add(string baseName, string extras)
    {
        if (UidNext >= uint.MaxValue - 1)
            throw new IOException("the folder has no more UIDs");
        var record = new UidRecord(UidNext++, baseName, extras);
        _byBase[baseName] = record;
        return record;
    }

    /// <summary>Says that the file is as this list is.</summary>
    public void MarkWritten(FileStamp stamp) => (Stamp, CanAppend, BadLines) = (stamp, true, 0);

    /// <summary>Takes back UIDs that could not be written down; what the file holds now is for a new reading to tell.</summary>
    public void TakeBack(List<UidRecord> records)
    {
        foreach (var record in records)
            _byBase.Remove(record.BaseName);
        (UidNext, Stamp, CanAppend) = (Math.Min(UidNext, records[0].Uid), FileStamp.None, false);
    }

    public void Forget(string baseName) => _byBase.Remove(baseName);

    /// <summary>The whole file.</summary>
    public byte[] Format(IEnumerable<UidRecord> records)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"3 V{UidValidity} N{UidNext}");
        if (HeaderExtras.Length > 0)
            text.Append(' ').Append(HeaderExtras);
        text.Append('\n');
        foreach (var record in records.OrderBy(record => record.Uid))
            Append(text, record);
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    /// <summary>Lines to append.</summary>
    public static byte[] FormatLines(IEnumerable<UidRecord> records)
    {
        var text = new StringBuilder();
        foreach (var record in records)
            Append(text, record);
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private static void Append(StringBuilder text, UidRecord record)
    {
        text.Append(CultureInfo.InvariantCulture, $"{record.Uid} ");
        if (record.Extras.Length > 0)
            text.Append(record.Extras).Append(' ');
        text.Append(':').Append(record.BaseName).Append('\n');
    }

    private int ReadHeader(string line)
    {
        var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (words is ["1", var validity, var next])
        {
            (UidValidity, UidNext) = (Number(validity), Math.Max(1, Number(next)));
            HeaderExtras = $"G{Guid.NewGuid():N}";
            return UidValidity > 0 ? 1 : 0;
        }

        if (words is not ["3", ..])
            return 0;
        List<string> extras = [];
        foreach (var word in words[1..])
            if (word[0] == 'V')
                UidValidity = Number(word[1..]);
            else if (word[0] == 'N')
                UidNext = Math.Max(1, Number(word[1..]));
            else
                extras.Add(word);
        HeaderExtras = string.Join(' ', extras);
        return UidValidity > 0 ? 3 : 0;
    }

    private static bool TryReadRecord(ReadOnlySpan<byte> line, int version, out UidRecord record)
    {
        record = default;
        var blank = line.IndexOf((byte)' ');
        if (blank <= 0 || Number(Encoding.UTF8.GetString(line[..blank])) is not (> 0 and var uid))
            return false;
        var rest = line[(blank + 1)..];
        var extras = "";
        if (version == 3)
        {
            // The keys end at " :"; the name itself may hold blanks.
            var colon = rest.StartsWith(":"u8) ? 0 : rest.IndexOf(" :"u8) + 1;
            if (colon == 0 && !rest.StartsWith(":"u8))
                return false;
            extras = colon == 0 ? "" : Encoding.UTF8.GetString(rest[..(colon - 1)]);
            rest = rest[(colon + 1)..];
        }

        var name = Encoding.UTF8.GetString(rest);
        var baseName = MessageName.BaseOf(name);
        if (baseName.IsEmpty)
            return false;
        record = new(uid, baseName.Length == name.Length ? name : baseName.ToString(), extras);
        return true;
    }

    private static uint Number(string text) =>
        uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
}
