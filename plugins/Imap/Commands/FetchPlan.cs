using MailServer.Wire.Imap;

namespace MailServer.Plugins.Imap.Commands;

/// <summary>What a FETCH needs for each message.</summary>
internal sealed record FetchPlan
{
    public required IReadOnlyList<FetchItem> Items { get; init; }

    /// <summary>What the client understands.</summary>
    public required ImapFeatures Features { get; init; }

    /// <summary>Whether everything is in the index: no file is opened.</summary>
    public required bool IsIndexOnly { get; init; }

    /// <summary>Whether the structure is needed.</summary>
    public required bool NeedsStructure { get; init; }

    /// <summary>Whether the message's octets are needed.</summary>
    public required bool NeedsContent { get; init; }

    /// <summary>Whether the only octets needed are header fields that the store keeps: no file is opened for a message of which it has them.</summary>
    public required bool IsOfKeptFields { get; init; }

    /// <summary>Whether sizes or dates are among the items: they are read from the files once.</summary>
    public required bool NeedsSize { get; init; }

    /// <summary>Whether messages become <c>\Seen</c> by it.</summary>
    public required bool SetsSeen { get; init; }

    /// <summary>What is told beside the items of a message that becomes <c>\Seen</c> (RFC 3501 §6.4.5, RFC 7162 §3.2.4).</summary>
    public required IReadOnlyList<FetchItem> SeenItems { get; init; }

    public static FetchPlan From(ImapRequest.Fetch request, IFolderView view, ImapFeatures features)
    {
        // RFC 3501 §6.4.8: UID FETCH always answers with the UID; a UIDFETCH response begins with it (RFC 9586 §3.3).
        IReadOnlyList<FetchItem> items = request.IsUid && !features.HasFlag(ImapFeatures.UidOnly) && !request.Items.Any(item => item.Name == FetchName.Uid)
            ? [FetchItem.Uid, .. request.Items]
            : request.Items;

        // RFC 7162 §3.1.4.1: CHANGEDSINCE adds MODSEQ.
        if (request.ChangedSince is not null && !items.Any(item => item.Name == FetchName.ModSeq))
            items = [.. items, FetchItem.ModSeq];
        IEnumerable<FetchItem> seen = features.HasFlag(ImapFeatures.CondStore) ? [FetchItem.Flags, FetchItem.Uid, FetchItem.ModSeq] : [FetchItem.Flags];
        var needsContent = items.Any(item => item.Section is not null);
        var needsStructure = items.Any(item => item.Name is FetchName.Envelope or FetchName.Body or FetchName.BodyStructure
            || (item.Section is { } section && !IsFoundWithoutStructure(section)));
        return new()
        {
            Items = items,
            Features = features,
            NeedsContent = needsContent,
            NeedsStructure = needsStructure,
            IsOfKeptFields = needsContent && items.All(item => item.Section is not { } section || IsOfKeptFieldsOf(section, view)),
            IsIndexOnly = !needsContent && !needsStructure && !items.Any(item => item.Name == FetchName.Preview),
            NeedsSize = items.Any(item => item.Name is FetchName.Rfc822Size or FetchName.InternalDate),
            SetsSeen = items.Any(item => item is { Section: not null, IsPeek: false }),
            SeenItems = [.. seen.Where(item => !items.Any(other => other.Name == item.Name) && !(item == FetchItem.Uid && features.HasFlag(ImapFeatures.UidOnly)))],
        };
    }

    /// <summary>What the items show of a message beside its content.</summary>
    public MessageInfo InfoOf(IFolderView view, int sequence) => NeedsSize
        ? view.InfoAt(sequence)
        : new() { Uid = view.UidAt(sequence), Flags = view.FlagsAt(sequence), Size = 0, InternalDate = default, ModSeq = 0 };

    /// <summary>The message's own fields end at its first empty line: clients ask for them of every message in a list, and no structure is read for that.</summary>
    private static bool IsFoundWithoutStructure(BodySection section) =>
        IsWhole(section) || section is { Part.Count: 0, Text: SectionText.HeaderFields or SectionText.HeaderFieldsNot };

    private static bool IsOfKeptFieldsOf(BodySection section, IFolderView view) =>
        section is { Part.Count: 0, Text: SectionText.HeaderFields, Fields.Count: > 0 } && section.Fields.All(name => view.KeepsField(name.Span));

    public static bool IsWhole(BodySection section) => section.Part.Count == 0 && section.Text == SectionText.All;
}
