namespace MailServer.Plugins.Imap;

/// <summary>What a client has said that it understands, for the rest of the session (RFC 5161).</summary>
[Flags]
internal enum ImapFeatures
{
    None = 0,

    /// <summary>MODSEQ in FETCH responses (RFC 7162 §3.1).</summary>
    CondStore = 1,

    /// <summary>VANISHED in the place of EXPUNGE (RFC 7162 §3.2.3).</summary>
    QResync = 2,

    /// <summary>UTF-8 in strings, names of mailboxes too (RFC 6855 §3).</summary>
    Utf8 = 4,

    /// <summary>The answers of IMAP4rev2 (RFC 9051 Appendix E) where they differ from those of IMAP4rev1.</summary>
    Rev2 = 8,

    /// <summary>UIDs in the place of sequence numbers, everywhere (RFC 9586).</summary>
    UidOnly = 16,
}
