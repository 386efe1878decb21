using MailServer.Wire.Imap;

namespace MailServer.Plugins.Imap.Commands;

/// <summary>GETMETADATA and SETMETADATA (RFC 5464), and METADATA of LIST (RFC 9590). What belongs to the server is the account's own, and /shared of it is nobody's to set.</summary>
internal static class Metadata
{
    public static async ValueTask<Completion> GetAsync(
        ImapSession session, IMailAccount account, ImapRequest.GetMetadata request, CancellationToken cancellationToken)
    {
        if (!TryReadMailbox(session, request.Mailbox, out var folder))
            return FolderNames.Invalid;
        var read = await account.MetadataAsync(folder, cancellationToken).ConfigureAwait(false);
        if (!read.TryGet(out var entries, out var problem))
            return Completion.From(problem);
        var wanted = request.Depth == 0
            ? Of(entries, request.Entries)
            : [.. entries.Where(entry => request.Entries.Any(name => IsWithin(entry.Name, name, request.Depth)))];

        // §4.2.1: how long the longest is that was too long.
        var longest = wanted.Max(entry => entry.Value?.Length) ?? 0;
        var most = request.MaxSize ?? uint.MaxValue;
        Write(session, folder, [.. wanted.Where(entry => (entry.Value?.Length ?? 0) <= most)]);
        return longest > most ? Completion.Ok($"METADATA LONGENTRIES {longest}", "GETMETADATA completed") : Completion.Ok("GETMETADATA completed");
    }

    public static async ValueTask<Completion> SetAsync(
        ImapSession session, IMailAccount account, ImapRequest.SetMetadata request, CancellationToken cancellationToken)
    {
        if (!TryReadMailbox(session, request.Mailbox, out var folder))
            return FolderNames.Invalid;
        if (folder is null && request.Entries.Any(entry => entry.Name.StartsWith("/shared/", StringComparison.Ordinal)))
            return Completion.No("NOPERM", "The server's shared annotations are its administrator's");
        if (request.Entries.Any(entry => entry.Value is { Length: > MetadataEntry.MaxValue }))
            return Completion.No($"METADATA MAXSIZE {MetadataEntry.MaxValue}", "Value too long");
        var entries = request.Entries.Select(entry => new MetadataEntry(entry.Name, entry.Value)).ToList();
        return await account.SetMetadataAsync(folder, entries, cancellationToken).ConfigureAwait(false) switch
        {
            null => Completion.Ok("SETMETADATA completed"),
            { Reason: ProblemReason.LimitReached } problem => Completion.No("METADATA TOOMANY", problem.Text),
            var problem => Completion.From(problem),
        };
    }

    /// <summary>What LIST tells of a folder beside its name; nothing when it cannot be read (RFC 9590 §3).</summary>
    public static async ValueTask WriteAsync(ImapSession session, IMailAccount account, FolderName folder, IReadOnlyList<string> names, CancellationToken cancellationToken)
    {
        var read = await account.MetadataAsync(folder, cancellationToken).ConfigureAwait(false);
        if (read.TryGet(out var entries, out _))
            Write(session, folder, Of(entries, names));
    }

    private static bool TryReadMailbox(ImapSession session, ReadOnlyMemory<byte> text, out FolderName? folder)
    {
        folder = null;
        if (text.IsEmpty)
            return true;
        var isRead = FolderNames.TryRead(session, text, out var name);
        folder = name;
        return isRead;
    }

    // One that is not there has no value.
    private static List<MetadataEntry> Of(IReadOnlyList<MetadataEntry> entries, IReadOnlyList<string> names) =>
        [.. names.Distinct().Select(name => entries.FirstOrDefault(entry => entry.Name == name) ?? new(name, null))];

    private static bool IsWithin(string entry, string name, int depth) =>
        entry == name || (entry.Length > name.Length && entry[name.Length] == '/' && entry.StartsWith(name, StringComparison.Ordinal)
            && entry.AsSpan(name.Length).Count('/') <= depth);

    private static void Write(ImapSession session, FolderName? folder, List<MetadataEntry> entries)
    {
        if (entries.Count == 0)
            return;
        var writer = session.Output.Begin();
        writer.Raw("* METADATA "u8);
        if (folder is { } name)
            FolderNames.Write(ref writer, session, name);
        else
            writer.Raw("\"\""u8);
        writer.Raw(" ("u8);
        for (var i = 0; i < entries.Count; i++)
        {
            if (i > 0)
                writer.Raw(' ');
            writer.AString(System.Text.Encoding.ASCII.GetBytes(entries[i].Name));
            writer.Raw(' ');
            Write(ref writer, entries[i].Value);
        }

        writer.Raw(")\r\n"u8);
        writer.Commit();
    }

    private static void Write(ref ResponseWriter writer, ReadOnlyMemory<byte>? value)
    {
        if (value is not { } octets)
        {
            writer.Raw("NIL"u8);
            return;
        }

        // Only a literal8 can hold NUL.
        if (octets.Span.Contains((byte)0))
        {
            writer.Raw('~');
            writer.LiteralHeader(octets.Length);
            writer.Raw(octets.Span);
        }
        else
        {
            writer.Text(octets.Span);
        }
    }
}
