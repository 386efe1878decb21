namespace MailServer.Plugins.Template;

/// <summary>A rule: mail for <c>alice+lists@</c> goes to Alice's folder <c>lists</c> (RFC 5233), unless an earlier rule has decided otherwise.</summary>
internal sealed class DetailRule : IDeliveryRule
{
    /// <inheritdoc/>
    public string Name => "template";

    /// <inheritdoc/>
    public ValueTask<Delivery> DecideAsync(IMessage message, Recipient recipient, Delivery sofar, CancellationToken cancellationToken)
    {
        // The detail is a stranger's text: TryParse refuses what is no folder.
        if (sofar.Folder != FolderName.Inbox || !FolderName.TryParse(recipient.Detail, out var folder))
            return new(sofar);
        var step = new DeliveryStep { Rule = Name, Action = $"FileInto(\"{folder}\")" };
        return new(sofar with { Folder = folder, Steps = [.. sofar.Steps, step] });
    }
}
