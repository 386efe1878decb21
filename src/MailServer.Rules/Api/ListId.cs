namespace MailServer.Rules;

/// <summary>Reads <c>list-id-header = "List-ID:" [phrase] "&lt;" list-id "&gt;"</c> (RFC 2919 §3).</summary>
internal static class ListId
{
    /// <summary>The identifier in lower case, since it compares without case (RFC 2919 §6); null when there is none.</summary>
    public static string? Find(string value)
    {
        var id = value.AsSpan();
        if (id.LastIndexOf('<') is var open and >= 0)
        {
            id = id[(open + 1)..];
            if (id.IndexOf('>') is var close and >= 0)
                id = id[..close];
        }

        id = id.Trim();
        return id.IsEmpty || id.ContainsAny(" \t<>") ? null : id.ToString().ToLowerInvariant();
    }
}
