using System.Globalization;
using Microsoft.Extensions.Logging;

namespace MailServer.Storage;

/// <summary>What Courier-IMAP has left in a folder, read once, when the folder has no UID list of its own yet.</summary>
internal static class CourierFiles
{
    private const string UidFile = "courierimapuiddb";
    private const string KeywordFolder = "courierimapkeywords";

    /// <summary>Its UIDs: a file of the form of <c>dovecot-uidlist</c> version 1. Null when there is none that can be read.</summary>
    /// <exception cref="IOException">It cannot be read now.</exception>
    public static UidList? ReadUids(FolderPlace place, ILogger logger)
    {
        var path = place.File(UidFile);
        try
        {
            if (SideFile.Read(path, SideFile.MaxUidList) is not { } bytes)
                return null;
            var list = UidList.Salvage(bytes);
            if (list.Damage is { } damage)
                Log.ForeignIgnored(logger, path, damage);
            list.MarkForeign();
            return list.HasUidValidity && !list.IsExhausted ? list : null;
        }
        catch (BrokenFileException broken)
        {
            Log.ForeignIgnored(logger, path, broken.Message);
            return null;
        }
    }

    /// <summary>
    /// Its keywords by base name: <c>:list</c> has the names, a line each, an empty line, then <c>base:index index</c>; a file called as a
    /// message has that message's keywords since then, a line each.
    /// </summary>
    /// <exception cref="IOException">They cannot be read.</exception>
    public static Dictionary<string, string[]> ReadKeywords(FolderPlace place, ILogger logger)
    {
        Dictionary<string, string[]> keywords = new(StringComparer.Ordinal);
        var folder = place.File(KeywordFolder);
        if (!Directory.Exists(folder))
            return keywords;
        var list = Path.Combine(folder, ":list");
        ReadList(LinesOf(list, SideFile.MaxFurtherKeywords, logger), keywords);
        foreach (var path in Directory.EnumerateFiles(folder))
            if (Path.GetFileName(path) is var name && name[0] is not ('.' or ':'))
                keywords[MessageName.BaseOf(name).ToString()] = Allowed(LinesOf(path, SideFile.MaxKeywords, logger));
        return keywords;
    }

    public static bool HasKeywords(FolderPlace place) => Directory.Exists(place.File(KeywordFolder));

    private static IEnumerable<string> LinesOf(string path, long limit, ILogger logger)
    {
        try
        {
            return SideFile.Lines(SideFile.Read(path, limit) ?? []);
        }
        catch (BrokenFileException broken)
        {
            Log.ForeignIgnored(logger, path, broken.Message);
            return [];
        }
    }

    private static void ReadList(IEnumerable<string> lines, Dictionary<string, string[]> keywords)
    {
        List<string> names = [];
        var isHead = true;
        foreach (var line in lines)
            if (isHead && line.Length > 0)
                names.Add(line);
            else if (isHead)
                isHead = false;
            else if (line.LastIndexOf(':') is > 0 and var colon)
                keywords[line[..colon]] = Allowed(line[(colon + 1)..].Split(' ')
                    .Select(word => int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out var index) && index < names.Count ? names[index] : ""));
    }

    private static string[] Allowed(IEnumerable<string> names) => [.. KeywordName.Allowed(new() { Keywords = [.. names] }).Keywords];
}
