namespace MailServer.Plugins.Imap;

/// <summary>What mail programs usually say, once with all to be found out and once more. The names stand for nothing.</summary>
internal static class ImapRehearsal
{
    private const string Mail = "From: nobody@localhost\r\nSubject: rehearsal\r\n\r\nrehearsal\r\n";

    private static readonly string[] Session =
    [
        "SELECT INBOX",
        "FETCH 1:* (UID FLAGS RFC822.SIZE INTERNALDATE)",
        "UID FETCH 1:* (FLAGS)",
        "FETCH 1:* (ENVELOPE BODYSTRUCTURE)",
        "UID FETCH 1:* (UID RFC822.SIZE FLAGS BODY.PEEK[HEADER.FIELDS (From To Cc Bcc Subject Date Message-ID Priority X-Priority References Newsgroups In-Reply-To Content-Type Reply-To)])",
        "UID FETCH 1:* (UID BODY.PEEK[])",
        "FETCH 1:2 (BODY[1] BODY.PEEK[HEADER] BODY[TEXT]<0.100>)",
        "UID SEARCH UNSEEN",
        "SEARCH SUBJECT \"nothing\"",
        "SEARCH BODY \"nothing\"",
        "SEARCH TEXT \"nothing\"",
        "UID SEARCH SINCE 1-Jan-2020 NOT DELETED",
        "STORE 1:* +FLAGS (\\Seen)",
        "UID STORE 1:* -FLAGS.SILENT (\\Seen)",
        "STORE 1 +FLAGS ($rehearsed)",
        "COPY 1:2 Rehearsed",
        "UID COPY 1:* Rehearsed",
        "MOVE 1 Rehearsed",
        $"APPEND INBOX (\\Seen) {{{Mail.Length}+}}\r\n{Mail}",
        "STORE 1 +FLAGS.SILENT (\\Deleted)",
        "NOOP",
        "EXPUNGE",
        "STATUS Rehearsed (MESSAGES UIDNEXT UIDVALIDITY UNSEEN)",
        "UNSELECT",
    ];

    /// <summary>The turns.</summary>
    public static IReadOnlyList<RehearsalTurn> Turns { get; } = [.. Lines()];

    private static IEnumerable<RehearsalTurn> Lines()
    {
        yield return new("", "* OK ");
        string[] all = ["CAPABILITY", "LOGIN nobody rehearsal", "NAMESPACE", "LIST \"\" \"*\"", "LSUB \"\" \"*\"", "CREATE Rehearsed", .. Session, .. Session, "EXAMINE INBOX"];
        var tag = 0;
        foreach (var command in all)
            yield return new($"r{++tag} {command}\r\n", $"r{tag} OK");
        yield return new("idle IDLE\r\n", "+ ");
        yield return new("DONE\r\n", "idle OK");
        yield return new("out LOGOUT\r\n", "out OK");
    }
}
