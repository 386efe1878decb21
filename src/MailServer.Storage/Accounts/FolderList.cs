using Microsoft.Extensions.Logging;

namespace MailServer.Storage;

/// <summary>Lists an account's folders as they are on disk now.</summary>
internal static class FolderList
{
    /// <summary>All folders and the parents that exist only as names, INBOX first.</summary>
    /// <exception cref="IOException">They cannot be read now.</exception>
    public static IReadOnlyList<FolderInfo> Read(FolderPaths paths, ILogger logger, Action<string, string>? leaveOut = null)
    {
        var names = paths.All(leaveOut).ConvertAll(place => place.Name);
        var given = SpecialUseFile.Read(paths.Root, logger);
        var there = names.ToHashSet();
        var parents = new HashSet<FolderName>();
        foreach (var name in names)
            for (var slash = name.Value.LastIndexOf('/'); slash > 0; slash = name.Value.LastIndexOf('/', slash - 1))
                parents.Add(new(name.Value[..slash]));
        return
        [
            .. there.Union(parents)
                .OrderBy(name => !name.IsInbox)
                .ThenBy(name => name.Value, StringComparer.Ordinal)
                .Select(name => new FolderInfo
                {
                    Name = name,
                    IsSelectable = there.Contains(name),
                    HasChildren = parents.Contains(name),
                    SpecialUse = there.Contains(name) ? SpecialUseFile.UseOf(name, given) : null,
                }),
        ];
    }
}
