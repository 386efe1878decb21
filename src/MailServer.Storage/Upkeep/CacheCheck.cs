using System.Buffers.Binary;
using System.Globalization;
using MailServer.Posix;

namespace MailServer.Storage;

/// <summary>Looks at files that are built from others, without a lock: the server may have them open.</summary>
internal static class CacheCheck
{
    /// <summary>What is wrong with <c>mailserver-search</c>, or null. Pages are not looked at: SQLite does that, and a broken one is built anew.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static string? SearchTrouble(string path)
    {
        if (!File.Exists(path))
            return null;
        var head = new byte[100]; // https://www.sqlite.org/fileformat2.html, 1.3
        using var file = DiskFile.Open(path);
        var count = RandomAccess.Read(file, head, 0);
        if (count == 0)
            return null; // made, and all else is in its log yet
        if (count < head.Length || !head.AsSpan().StartsWith("SQLite format 3\0"u8))
            return "it is no SQLite database";
        if (BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(68)) is var id && id != 0 && id != SearchDatabase.ApplicationId)
            return "it is another program's database";
        var size = BinaryPrimitives.ReadUInt16BigEndian(head.AsSpan(16));
        var page = size == 1 ? 65_536 : size;
        var length = RandomAccess.GetLength(file);
        return page == 0 || length % page != 0 ? string.Create(CultureInfo.InvariantCulture, $"its {length} octets are no whole pages") : null;
    }

    /// <summary>What is wrong with <c>mailserver-structures</c>, or null. A record that is cut off at the end is what a kill leaves.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static string? StructuresTrouble(string path)
    {
        if (!File.Exists(path))
            return null;
        using var file = DiskFile.Open(path);
        return StructureFile.Trouble(file);
    }
}
