using System.Text;
using MailServer.Wire.Imap;

namespace MailServer.Plugins.Imap.Commands;

/// <summary>A name that LIST answers with.</summary>
internal sealed record ListedName
{
    public required FolderName Name { get; init; }

    /// <summary>The folder, or null when the name is only subscribed, or a parent of such a name.</summary>
    public required FolderInfo? Folder { get; init; }

    public required bool IsSubscribed { get; init; }

    public required bool HasChildren { get; init; }

    /// <summary>Whether names below it are selected and not all of them answered (RFC 5258 §3.5).</summary>
    public bool HasChildInfo { get; init; }

    /// <summary>A folder by itself.</summary>
    public static ListedName Of(FolderInfo folder) => new() { Name = folder.Name, Folder = folder, IsSubscribed = false, HasChildren = folder.HasChildren };

    public string Attributes(bool isExtended)
    {
        var attributes = new StringBuilder();
        if (Folder is not { IsSelectable: true })
            attributes.Append(isExtended ? "\\NonExistent " : "\\Noselect ");
        attributes.Append(HasChildren ? "\\HasChildren" : "\\HasNoChildren");
        if (Folder?.SpecialUse is { } use)
            attributes.Append(' ').Append(use);
        if (IsSubscribed)
            attributes.Append(" \\Subscribed");
        return attributes.ToString();
    }
}

/// <summary>Which names a LIST answers with (RFC 5258 §3).</summary>
internal static class ListSelection
{
    public static IEnumerable<ListedName> Select(ImapSession session, ImapRequest.List request, IReadOnlyList<FolderInfo> folders, IReadOnlyList<FolderName> subscribed)
    {
        // What is no modified UTF-7 is the name of nothing.
        var patterns = request.Patterns.Select(pattern => FolderNames.TryReadPattern(session, request.Reference, pattern, out var decoded) ? decoded : null).OfType<string>().ToList();
        bool IsMatch(ListedName name) => patterns.Exists(pattern => MailboxPattern.Matches(pattern, name.Name.Value));
        bool IsSelected(ListedName name) =>
            (request.Options.HasFlag(ListOptions.SelectSubscribed) ? name.IsSubscribed : name.Folder is not null)
            && (!request.Options.HasFlag(ListOptions.SelectSpecialUse) || name.Folder?.SpecialUse is not null);

        var names = NamesOf(request, folders, subscribed);
        foreach (var name in names)
        {
            if (!IsMatch(name))
                continue;
            var isSelected = IsSelected(name);
            var hasChildInfo = request.Options.HasFlag(ListOptions.SelectRecursive)
                && names.Exists(child => IsBelow(child.Name, name.Name) && IsSelected(child) && (isSelected || !IsMatch(child)));
            if (isSelected || hasChildInfo)
                yield return name with { HasChildInfo = hasChildInfo };
        }
    }

    // All folders; where subscribed names count, those that do not exist too, and with RECURSIVEMATCH their parents.
    private static List<ListedName> NamesOf(ImapRequest.List request, IReadOnlyList<FolderInfo> folders, IReadOnlyList<FolderName> subscribed)
    {
        var isSubscribed = subscribed.ToHashSet();
        var names = folders.Select(folder => new ListedName
        {
            Name = folder.Name,
            Folder = folder,
            IsSubscribed = isSubscribed.Contains(folder.Name),
            HasChildren = folder.HasChildren,
        }).ToList();
        if (!request.Options.HasFlag(ListOptions.SelectSubscribed))
            return names;

        var known = folders.Select(folder => folder.Name).ToHashSet();
        var more = subscribed.ToList();
        if (request.Options.HasFlag(ListOptions.SelectRecursive))
            more.AddRange(subscribed.SelectMany(ParentsOf));
        names.AddRange(more.Where(known.Add).Select(name => new ListedName
        {
            Name = name,
            Folder = null,
            IsSubscribed = isSubscribed.Contains(name),
            HasChildren = folders.Any(folder => IsBelow(folder.Name, name)),
        }));
        return names;
    }

    private static IEnumerable<FolderName> ParentsOf(FolderName name)
    {
        for (var end = name.Value.LastIndexOf('/'); end > 0; end = name.Value.LastIndexOf('/', end - 1))
            yield return new(name.Value[..end]);
    }

    private static bool IsBelow(FolderName child, FolderName parent) =>
        child.Value.Length > parent.Value.Length && child.Value[parent.Value.Length] == '/' && child.Value.StartsWith(parent.Value, StringComparison.Ordinal);
}
