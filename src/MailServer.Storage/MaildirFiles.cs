using Microsoft.Extensions.Logging.Abstractions;

namespace MailServer.Storage;

/// <summary>A message's file, as a look at its directory found it.</summary>
/// <param name="Folder">The folder.</param>
/// <param name="Path">The file.</param>
/// <param name="BaseName">The name without flags.</param>
public readonly record struct MessageFile(FolderName Folder, string Path, string BaseName)
{
    /// <summary>Octets with CRLF line ends as the name tells them; -1 when it does not.</summary>
    public long SizeInName => MessageName.SizesOf(BaseName).CrlfSize;

    /// <summary>Orders messages by arrival, as far as their names tell.</summary>
    public static int CompareArrival(MessageFile left, MessageFile right) => MessageName.CompareArrival(left.BaseName, right.BaseName);
}

/// <summary>Lists the messages of a Maildir by its directories alone: nothing is opened, numbered or written.</summary>
public static class MaildirFiles
{
    /// <summary>All messages, or those of one folder.</summary>
    /// <param name="root">The Maildir.</param>
    /// <param name="layout">How folders lie in it.</param>
    /// <param name="folder">Which folder; null for all.</param>
    /// <exception cref="IOException">A directory cannot be read.</exception>
    public static List<MessageFile> List(string root, MaildirLayout layout, FolderName? folder)
    {
        var paths = new FolderPaths(root, layout);
        List<FolderPlace> places = folder is not { } one ? paths.All() : paths.PlaceOf(one) is { } only ? [only] : [];
        List<MessageFile> files = [];
        foreach (var place in places)
            foreach (var directory in new[] { place.New, place.Cur })
                if (Directory.Exists(directory))
                    foreach (var path in Directory.EnumerateFiles(directory))
                        if (Path.GetFileName(path) is var name && MessageName.IsMessage(name))
                            files.Add(new(place.Name, path, MessageName.BaseOf(name).ToString()));
        return files;
    }

    /// <summary>The folders, with their special uses (RFC 6154 §2).</summary>
    /// <param name="root">The Maildir.</param>
    /// <param name="layout">How folders lie in it.</param>
    /// <exception cref="IOException">A directory cannot be read.</exception>
    public static IReadOnlyList<(FolderName Name, string? SpecialUse)> Folders(string root, MaildirLayout layout)
    {
        var given = SpecialUseFile.Read(root, NullLogger.Instance);
        return new FolderPaths(root, layout).All().ConvertAll(place => (place.Name, SpecialUseFile.UseOf(place.Name, given)));
    }
}
