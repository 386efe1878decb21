namespace MailServer.Plugins.Imap;

/// <summary>The states of RFC 3501 §3; logout is the end of the session's loop.</summary>
internal abstract record ImapState
{
    private ImapState()
    {
    }

    /// <summary>Nobody has logged in.</summary>
    public sealed record NotAuthenticated : ImapState
    {
        public static NotAuthenticated Instance { get; } = new();
    }

    /// <summary>Somebody has, and no folder is open.</summary>
    public sealed record Authenticated(IMailAccount Account) : ImapState;

    /// <summary>A folder is open.</summary>
    public sealed record Selected(IMailAccount Account, IFolderView View) : ImapState;
}

/// <summary>What the client's next line is.</summary>
internal enum ImapMode
{
    /// <summary>A command.</summary>
    Command,
    /// <summary>DONE (RFC 2177).</summary>
    Idle,
    /// <summary>The response to AUTHENTICATE's challenge. A session in the middle of it is not handed over.</summary>
    Sasl,
}
