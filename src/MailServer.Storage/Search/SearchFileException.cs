namespace MailServer.Storage;

/// <summary>The file of the index is of no use.</summary>
/// <param name="reason">Why.</param>
/// <param name="isOurs">Whether we have written it, so that it may be deleted.</param>
internal sealed class SearchFileException(string reason, bool isOurs) : Exception(reason)
{
    public bool IsOurs { get; } = isOurs;
}
