namespace MailServer.Storage;

/// <summary>What the store is doing.</summary>
public sealed record StoreStatus
{
    /// <summary>Folders that are open, each shared by its sessions.</summary>
    public required int OpenFolders { get; init; }

    /// <summary>Views of them, one a session.</summary>
    public required int OpenViews { get; init; }

    /// <summary>Messages delivered since the start.</summary>
    public required long Delivered { get; init; }

    /// <summary>Deliveries, additions and other writes that a disk refused since the start.</summary>
    public required long Failures { get; init; }
}
