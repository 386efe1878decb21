namespace MailServer.Rules;

/// <summary>A file that is attached to the mail.</summary>
public sealed class Attachment
{
    private readonly MailPart _part;

    internal Attachment(MailPart part) => _part = part;

    /// <summary>The name to save it under; empty when it has none. It is the sender's choice, and may say anything.</summary>
    /// <example><code>if (Mail.Attachments.Any(file => file.Name == "winmail.dat")) AddFlag("$Outlook");</code></example>
    public string Name => _part.FileName;

    /// <summary>Its type in lower case, as <c>application/pdf</c>. It is the sender's choice, too.</summary>
    /// <example><code>if (Mail.Attachments.All(file => file.Type.StartsWith("image/"))) FileInto("Photos");</code></example>
    public string Type => _part.MediaType;

    /// <summary>Its size in octets when it is saved.</summary>
    /// <example><code>if (Mail.Attachments.Any(file => file.Size > 5_000_000)) FileInto("Big");</code></example>
    public long Size => _part.Size;

    /// <summary>Whether its name fits a pattern: <c>*</c> stands for any text, <c>?</c> for one character.</summary>
    /// <example><code>if (Mail.Attachments.Count(file => file.Like("*.jpg")) > 3) FileInto("Photos");</code></example>
    public bool Like(string pattern) => pattern is not null && Pattern.IsLike(pattern, Name);

    /// <summary>Its name.</summary>
    public override string ToString() => Name;
}
