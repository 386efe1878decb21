namespace MailServer.Plugins.Template;

/// <summary>A filter: weighs a message by the words in its subject. The other phases (connection, sender, recipient) have defaults.</summary>
internal sealed class WordFilter(Settings settings) : IMessageFilter
{
    /// <inheritdoc/>
    public string Name => "template";

    /// <inheritdoc/>
    public ValueTask<Verdict> OnMessageAsync(Envelope envelope, IMessage message, CancellationToken cancellationToken)
    {
        var subject = message.Header("Subject") ?? "";
        var hits = settings.JunkWords.Count(word => subject.Contains(word, StringComparison.OrdinalIgnoreCase));
        return new(hits > 0 ? Verdict.Weigh(hits * settings.JunkWeight) : Verdict.Continue);
    }
}
