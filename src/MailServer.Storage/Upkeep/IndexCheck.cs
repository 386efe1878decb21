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
            foreach (var record in index.Records)
                if (files.TryGetValue(MessageName.BaseOf(record.FileName).ToString(), out var facts) && facts.Length != record.FileSize)
                    return $"it says {record.FileSize} octets of {record.FileName}, which has {facts.Length}";
            return null;
        }
        catch (Exception failure) when (failure is InvalidDataException or EndOfStreamException or FormatException or OverflowException)
        {
            return failure.Message;
        }
    }
}
