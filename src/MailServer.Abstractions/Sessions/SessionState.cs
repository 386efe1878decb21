namespace MailServer;

/// <summary>A session between two generations. It holds bytes and host objects only, never a plugin's type, so the old context can go.</summary>
public sealed class SessionState
{
    /// <summary>Which protocol and which version of its state format this is, as <c>imap/1</c>.</summary>
    public required string Format { get; init; }

    /// <summary>The plugin's own record, serialised (who is logged in, what is enabled, the tag of a running IDLE).</summary>
    public required ReadOnlyMemory<byte> Data { get; init; }

    /// <summary>The logged-in user's account, a host object that lives on.</summary>
    public IMailAccount? Account { get; init; }

    /// <summary>The open folder view with its sequence map, a host object that lives on.</summary>
    public IFolderView? View { get; init; }
}
