using MailServer.Posix;

namespace MailServer.Storage;

/// <summary>Compares a folder's index with its files. The index may be behind; what it says of a file that is there must be true.</summary>
internal static class IndexCheck
{
    /// <summary>What is wrong with it, or null.</summary>
    /// <exception cref="IOException">It cannot be read now.</exception>
    public static string? Trouble(FolderPlace place, IReadOnlyDictionary<string, FileFacts> files)
    {
        try
        {
            if (FolderIndex.Read(place.File(FolderIndex.FileName)) is not { } index)
                return null;
            foreach (var entry in index.Entries)
                if (entry.IsMeasured && files.TryGetValue(entry.BaseName, out var facts) && facts.Length != entry.FileSize)
                    return $"it says {entry.FileSize} octets of {entry.FileName}, which has {facts.Length}";
            return index.Damage;
        }
        catch (Exception failure) when (failure is InvalidDataException or EndOfStreamException or FormatException or OverflowException)
        {
            return failure.Message;
        }
    }
}
