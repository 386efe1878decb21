using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace MailServer.Storage;

/// <summary>Reads lists, also those that something has damaged.</summary>
internal sealed partial class UidList
{
    /// <summary>Octets of the header: a few keys of some forty octets each.</summary>
    private const int MaxHeader = 1024;

    private uint _last;

    /// <summary>Reads a list; null when its header does not tell a UIDVALIDITY.</summary>
    public static UidList? Parse(ReadOnlySpan<byte> bytes) => Salvage(bytes) is { HasUidValidity: true } list ? list : null;

    /// <summary>
    /// Reads what can be read. <see cref="UidNext"/> is above every number that the file may have given, in lines that cannot be used too.
    /// </summary>
    public static UidList Salvage(ReadOnlySpan<byte> bytes)
    {
        var list = new UidList();
        var end = bytes.IndexOf((byte)'\n');
        var version = end is > 0 and <= MaxHeader ? list.ReadHeader(Encoding.UTF8.GetString(bytes[..end]).TrimEnd('\r')) : 0;
        if (version == 0)
            list.Damage = "its header cannot be read";
        else if (bytes[end - 1] == '\r')
            list.Damage = "its lines end with CR and LF";

        // Of a header that is none, only a message's line makes sense.
        if (version == 0 && end >= 0 && bytes[..end].IndexOf(" :"u8) < 0)
            bytes = bytes[(end + 1)..];

        list.CanAppend = version == 3 && bytes[^1] == '\n' && list.Damage is null;
        HashSet<uint>? used = null;
        var number = 1;
        for (bytes = version == 0 ? bytes : bytes[(end + 1)..]; (end = bytes.IndexOf((byte)'\n')) >= 0; bytes = bytes[(end + 1)..])
            list.ReadLine(bytes[..end].TrimEnd((byte)'\r'), version, ++number, ref used);
        if (!bytes.IsEmpty)
        {
            list.Damage ??= "its last line is cut off";
            list.Count(bytes);
        }

        return list;
    }

    /// <summary>Stands for a file that is not even read.</summary>
    public static UidList Unreadable(string damage) => new() { Damage = damage };

    private void ReadLine(ReadOnlySpan<byte> line, int version, int number, ref HashSet<uint>? used)
    {
        var isV3 = version == 3 || (version == 0 && line.IndexOf(" :"u8) >= 0);
        if (!TryReadRecord(line, isV3, out var record, out var isOdd) || record.Uid > UidValidityFile.Greatest
            || (record.Uid <= _last && !(used ??= [.. _byBase.Values.Select(known => known.Uid)]).Add(record.Uid))
            || !_byBase.TryAdd(record.BaseName, record))
        {
            Damage ??= string.Create(CultureInfo.InvariantCulture, $"line {number} makes no sense");
            Count(line);
            return;
        }

        // Dovecot takes no list whose UIDs are not in order, though they say no less: writing it anew brings them into order.
        if (record.Uid < _last)
            Damage ??= string.Create(CultureInfo.InvariantCulture, $"line {number} is not in order");
        if (isOdd)
            Damage ??= string.Create(CultureInfo.InvariantCulture, $"line {number} has a name that no plain file can hold");
        _last = Math.Max(_last, record.Uid);
        used?.Add(record.Uid);
        UidNext = Math.Max(UidNext, record.Uid + 1);
    }

    /// <summary>A number at the beginning of a line may have been given, whatever follows it.</summary>
    private void Count(ReadOnlySpan<byte> line)
    {
        if (Utf8Parser.TryParse(line, out uint uid, out var length) && length < line.Length && line[length] == ' '
            && uid <= UidValidityFile.Greatest && uid >= UidNext)
            UidNext = uid + 1;
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

        if (words is not ["3", ..] || Array.Exists(words, word => word[0] == ':'))
            return 0; // a line of a message whose header is gone
        List<string> extras = [];
        foreach (var word in words[1..])
            if (word[0] == 'V')
                UidValidity = Number(word[1..]);
            else if (word[0] == 'N')
                UidNext = Math.Max(1, Number(word[1..]));
            else if (Ascii.IsValid(word))
                extras.Add(word);
        if (UidValidity == 0)
            return 0;
        HeaderExtras = string.Join(' ', extras);
        return 3;
    }

    private static bool TryReadRecord(ReadOnlySpan<byte> line, bool isV3, out UidRecord record, out bool isOdd)
    {
        (record, isOdd) = (default, false);
        var blank = line.IndexOf((byte)' ');
        if (blank <= 0 || !Utf8Parser.TryParse(line, out uint uid, out var length) || length != blank || uid == 0)
            return false;
        var rest = line[(blank + 1)..];
        var extras = "";
        if (isV3)
        {
            // The keys end at " :"; the name itself may hold blanks.
            var colon = rest.StartsWith(":"u8) ? 0 : rest.IndexOf(" :"u8) + 1;
            if (colon == 0 && !rest.StartsWith(":"u8))
                return false;
            extras = colon == 0 ? "" : Encoding.UTF8.GetString(rest[..(colon - 1)]);
            rest = rest[(colon + 1)..];
        }

        var mended = OddName.Mended(rest);
        isOdd = mended is not null;
        var name = mended ?? Encoding.UTF8.GetString(rest);
        var baseName = MessageName.BaseOf(name);
        if (baseName.IsEmpty || baseName.Contains('\0') || baseName[^1] == '\r')
            return false;
        record = new(uid, baseName.Length == name.Length ? name : baseName.ToString(), extras);
        return true;
    }

    private static uint Number(string text) =>
        uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
}
