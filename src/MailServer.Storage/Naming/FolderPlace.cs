namespace MailServer.Storage;

/// <summary>A folder's directory.</summary>
/// <param name="Root">The account's Maildir.</param>
/// <param name="Name">The folder's name.</param>
/// <param name="Path">Its directory.</param>
internal sealed record FolderPlace(string Root, FolderName Name, string Path)
{
    public string New { get; } = System.IO.Path.Combine(Path, "new");

    public string Cur { get; } = System.IO.Path.Combine(Path, "cur");

    public string Tmp { get; } = System.IO.Path.Combine(Path, "tmp");

    public string File(string name) => System.IO.Path.Combine(Path, name);
}
