namespace MailServer.Storage;

/// <summary>How folders lie in an account's Maildir.</summary>
public enum MaildirLayout
{
    /// <summary>Maildir++: every folder beside INBOX is <c>.A.B</c> in one directory.</summary>
    MaildirPlusPlus,
    /// <summary>A directory a level: <c>A/B</c>.</summary>
    Fs,
}
