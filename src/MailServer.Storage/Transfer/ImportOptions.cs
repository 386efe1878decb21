namespace MailServer.Storage;

/// <summary>How mail is brought in.</summary>
public sealed record ImportOptions
{
    /// <summary>The folder that all goes into, with its folders below; null for the account itself.</summary>
    public FolderName? Folder { get; init; }

    /// <summary>What is looked for.</summary>
    public TransferFormat Format { get; init; }

    /// <summary>Reads all and changes nothing.</summary>
    public bool IsDryRun { get; init; }

    /// <summary>Takes a message although its folder has the same one; only what this very source has brought is not brought again.</summary>
    public bool KeepDuplicates { get; init; }

    /// <summary>Fills the account beyond what it may hold.</summary>
    public bool IgnoresQuota { get; init; }

    /// <summary>Takes again what an earlier import has brought and the folder no longer has.</summary>
    public bool Again { get; init; }
}
