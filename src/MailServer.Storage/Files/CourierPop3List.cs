using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging;

namespace MailServer.Storage;

/// <summary>
/// The POP3 unique-ids that Courier has given, in <c>courierpop3dsizelist</c>: <c>/version next-uid uidvalidity</c>, then a line
/// <c>name size n:uidvalidity</c> a message, in version 3 with <c>:utf8</c> behind. Kept, since POP3 clients fetch a message again whose
/// unique-id they do not know (RFC 1939 §7).
/// </summary>
internal static class CourierPop3List
{
    public const string FileName = "courierpop3dsizelist";

    /// <summary>Unique-ids by base name.</summary>
    /// <exception cref="IOException">The file cannot be read now.</exception>
    public static Dictionary<string, string> Read(FolderPlace place, ILogger? logger)
    {
        Dictionary<string, string> ids = new(StringComparer.Ordinal);
        var path = place.File(FileName);
        var isHead = true;
        var trouble = SideFile.Check(path, SideFile.MaxUidList, line =>
        {
            if (!isHead)
                return TryReadLine(line, ids);
            isHead = false;
            return line.StartsWith("/2 ", StringComparison.Ordinal) || line.StartsWith("/3 ", StringComparison.Ordinal);
        }, out _);
        if (trouble is not null && logger is not null)
            Log.ForeignIgnored(logger, path, trouble);
        return ids;
    }

    private static bool TryReadLine(string line, Dictionary<string, string> ids)
    {
        if (line.LastIndexOf(' ') is not (> 0 and var last) || line.LastIndexOf(' ', last - 1) is not (> 0 and var middle)
            || line[(last + 1)..].Split(':') is not [var text, var given, ..]
            || !ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            || !ulong.TryParse(given, NumberStyles.None, CultureInfo.InvariantCulture, out var validity))
            return false;
        var baseName = MessageName.BaseOf(line.AsSpan(0, middle)).ToString();
        return baseName.Length > 0 && ids.TryAdd(baseName, IdOf(baseName, number, validity));
    }

    /// <summary>As Courier answers UIDL: a number and UIDVALIDITY, a number alone in an older version, or the name in the oldest.</summary>
    private static string IdOf(string baseName, ulong number, ulong validity)
    {
        if (number != 0)
            return string.Create(CultureInfo.InvariantCulture, $"UID{number}") + (validity == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"-{validity}"));
        var id = new StringBuilder();
        foreach (var octet in Encoding.UTF8.GetBytes(baseName))
            if (octet is < 0x21 or > 0x7E or (byte)'\'' or (byte)'"' or (byte)'+')
                id.Append(CultureInfo.InvariantCulture, $"+{octet:X2}");
            else
                id.Append((char)octet);
        return id.ToString();
    }
}
