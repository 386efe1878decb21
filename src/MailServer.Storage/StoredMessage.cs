namespace MailServer.Storage;

/// <summary>A message that was delivered and is durable.</summary>
public sealed record StoredMessage
{
    /// <summary>Its file, as named at delivery; a flag renames it.</summary>
    public required string Path { get; init; }

    /// <summary>The folder it is in.</summary>
    public required FolderName Folder { get; init; }
}
