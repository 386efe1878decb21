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
}
