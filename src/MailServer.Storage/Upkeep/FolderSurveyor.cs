using System.Buffers.Binary;
using System.Text;
using MailServer.Posix;
using Microsoft.Extensions.Logging.Abstractions;

namespace MailServer.Storage;

/// <summary>Looks at one folder for a survey; changes nothing.</summary>
internal static class FolderSurveyor
{
    private const string CourierUids = "courierimapuiddb";

    /// <summary>Courier has its keywords in a directory, not in letters.</summary>
    private const string CourierKeywords = "courierimapkeywords";

    public static FolderSurvey Look(FolderPlace place, ICollection<string> programs)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        var fresh = Names(place.New, names, programs);
        var messages = fresh + Names(place.Cur, names, programs);
        var (file, list) = UidsOf(place);
        _ = KeywordFile.Check(place.File(KeywordFile.FileName), out var keywords);
        _ = FurtherKeywords.Check(place.File(FurtherKeywords.FileName), out var further);
        NoteFiles(place, programs);
        var uids = names.Where(name => list?.Records.ContainsKey(name) == true).ToDictionary(name => name, name => list!.Records[name].Uid);
        var pop3 = CourierPop3List.Read(place, null);
        return new()
        {
            Name = place.Name.Value,
            Path = place.Path,
            Messages = messages,
            New = fresh,
            UidFile = file,
            UidValidity = list?.UidValidity ?? 0,
            UidNext = list?.UidNext ?? 0,
            WithoutUid = names.Count - uids.Count,
            Keywords = [.. keywords.Names.Concat(further.Names)
                .Concat(file == CourierUids && Directory.Exists(place.File(CourierKeywords)) ? CourierFiles.ReadKeywords(place, NullLogger.Instance).Values.SelectMany(given => given) : [])
                .Distinct(StringComparer.OrdinalIgnoreCase).Order(StringComparer.OrdinalIgnoreCase)],
            Pop3Ids = names.Count(name => (list is not null && list.TryFind(name, out var record) && record.Extra('P') is not null) || (file != UidList.FileName && pop3.ContainsKey(name))),
            DovecotModSeq = ModSeqOf(place.File("dovecot.index.log")),
            Uids = uids,
        };
    }

    private static int Names(string directory, HashSet<string> names, ICollection<string> programs)
    {
        var count = 0;
        foreach (var raw in Directory.Exists(directory) ? RawNames.List(directory) : [])
        {
            if (raw[0] is (byte)'.' or (byte)':')
                continue;
            count++;
            var name = MessageName.BaseOf(OddName.Mended(raw) ?? Encoding.UTF8.GetString(raw)).ToString();
            names.Add(name);
            if (name.Contains(",FMD5=", StringComparison.Ordinal))
                programs.Add("OfflineIMAP");
            else if (name.Contains(",U=", StringComparison.Ordinal))
                programs.Add("mbsync");
        }

        return count;
    }

    private static (string? File, UidList? List) UidsOf(FolderPlace place)
    {
        foreach (var file in (string[])[UidList.FileName, CourierUids])
            try
            {
                if (SideFile.Read(place.File(file), SideFile.MaxUidList) is { } bytes)
                    return (file, UidList.Salvage(bytes));
            }
            catch (BrokenFileException)
            {
                // A finding of its own.
            }

        return (null, null);
    }

    private static void NoteFiles(FolderPlace place, ICollection<string> programs)
    {
        foreach (var path in Directory.EnumerateFileSystemEntries(place.Path))
            switch (Path.GetFileName(path))
            {
                case UidList.FileName or "dovecot.index.log" or "dovecot.index" or "dovecot.index.cache":
                    programs.Add("Dovecot");
                    break;
                case CourierUids or CourierKeywords or "courierimapsubscribed" or CourierPop3List.FileName or "courierimapacl":
                    programs.Add("Courier");
                    break;
                case ".mbsyncstate" or ".uidvalidity":
                    programs.Add("mbsync");
                    break;
                case FolderIndex.FileName:
                    programs.Add("MailServer");
                    break;
            }
    }

    /// <summary>
    /// The header of Dovecot's transaction log holds the MODSEQ that it began with, as 64 bits at octet 24; each record in it, of at least
    /// eight octets, adds at most one.
    /// </summary>
    private static ulong ModSeqOf(string path)
    {
        try
        {
            using var file = DiskFile.Open(path);
            Span<byte> header = stackalloc byte[32];
            return RandomAccess.Read(file, header, 0) == header.Length
                ? BinaryPrimitives.ReadUInt64LittleEndian(header[24..]) + (ulong)RandomAccess.GetLength(file) / 8
                : 0;
        }
        catch (Exception failure) when (DiskProblem.Is(failure))
        {
            return 0;
        }
    }
}
