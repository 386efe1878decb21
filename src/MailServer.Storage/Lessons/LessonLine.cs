namespace MailServer.Storage;

/// <summary>The folders that make a move a lesson.</summary>
/// <param name="Junk">The account's folder for junk (RFC 6154 §2).</param>
/// <param name="Trash">Its folder for what was thrown away: junk that goes there is junk as before.</param>
public sealed record LessonFolders(string Junk, string Trash);

/// <summary>What a line of the journal teaches.</summary>
/// <param name="EmailId">The message's EMAILID.</param>
/// <param name="IsJunk">Whether the message is called junk.</param>
/// <param name="IsTakenBack">Whether that is no longer so, instead.</param>
/// <param name="Teacher">Who says so.</param>
internal readonly record struct LessonLine(string EmailId, bool IsJunk, bool IsTakenBack, JunkTeacher Teacher)
{
    /// <summary>Reads a line; null when it teaches nothing.</summary>
    public static LessonLine? Of(JournalEntry entry, LessonFolders folders)
    {
        if (entry is not { Folder: { } folder, Message: { } message } || Direction(entry, folder, folders) is not { } isJunk)
            return null;
        var emailId = entry.EmailId ?? ObjectIds.OfEmail(message, "");
        var isByRule = entry.Event == JournalEvents.Delivered || entry.By == "rule";
        if (entry is not { By: "command", Why: { } why } || entry.Session?.StartsWith("undo ", StringComparison.Ordinal) != true)
            return new(emailId, isJunk, false, isByRule ? JunkTeacher.Rule : JunkTeacher.Owner);

        // An undo of an undo puts it where the rule had wanted it: learned again. Any other takes back what had brought it to the other side.
        return entry.Event != JournalEvents.Removed && Asks(why, folder)
            ? new(emailId, isJunk, false, JunkTeacher.Rule)
            : new(emailId, !isJunk, true, JunkTeacher.Rule);
    }

    // True into the folder for junk, false out of it.
    private static bool? Direction(JournalEntry entry, string folder, LessonFolders folders) => entry.Event switch
    {
        JournalEvents.Delivered or JournalEvents.Appended or JournalEvents.Added => folder == folders.Junk ? true : null,
        JournalEvents.Moved or JournalEvents.Copied when entry.From is { } from && from.Folder != folder =>
            folder == folders.Junk ? true : from.Folder == folders.Junk && folder != folders.Trash ? false : null,
        JournalEvents.Removed => entry.Why is not null && folder == folders.Junk ? false : null,
        _ => null,
    };

    private static bool Asks(JournalStep why, string folder) => ActionText.TryRead(why.Action)?.Any(call => call switch
    {
        { Verb: "FileInto" or "CopyTo", Texts: [var to, ..] } => to == folder,
        { Verb: "Keep" } => folder == FolderName.Inbox.Value,
        { Verb: "NotJunk", Texts: [var junk] } => junk != folder,
        _ => false,
    }) == true;
}
