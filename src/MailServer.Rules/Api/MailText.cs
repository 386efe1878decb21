namespace MailServer.Rules;

/// <summary>A text of the mail: a field of its header, unfolded and decoded (RFC 2047), or its body. Never null; case never matters.</summary>
/// <remarks>A field that comes more than once has several values: a question is true when it is true of one of them.</remarks>
public sealed class MailText
{
    /// <summary>
    /// Characters of a body that are looked at: a novel's chapter. What a rule asks for stands near the top, and a mail must not make the
    /// server hold more than this of it in memory.
    /// </summary>
    public const int MaxBody = 256 * 1024;

    private readonly IReadOnlyList<string> _values;

    internal MailText(IReadOnlyList<string> values) => _values = values;

    /// <summary>The first value; empty when there is none.</summary>
    /// <example><code>var ticket = Mail["X-Ticket"].Value;</code></example>
    public string Value => _values.Count > 0 ? _values[0] : "";

    /// <summary>All values, top first.</summary>
    /// <example><code>if (Mail["Received"].Values.Count > 20) FileInto("Odd");</code></example>
    public IReadOnlyList<string> Values => _values;

    /// <summary>Whether the field is there, even if it is empty.</summary>
    /// <example><code>if (Mail["List-Unsubscribe"].Exists) FileInto("Newsletters");</code></example>
    public bool Exists => _values.Count > 0;

    /// <summary>Whether the text is in it.</summary>
    /// <example><code>if (Mail.Subject.Has("[apollo]")) FileInto("Work/apollo");</code></example>
    public bool Has(string text) => Any(text, static (value, part) => value.Contains(part, StringComparison.OrdinalIgnoreCase));

    /// <summary>Whether one of the texts is in it.</summary>
    /// <example><code>if (Mail.Subject.HasAny("receipt", "invoice", "order")) FileInto("Receipts");</code></example>
    public bool HasAny(params string[] texts) => texts is not null && texts.Any(Has);

    /// <summary>Whether it begins with the text.</summary>
    /// <example><code>if (Mail.Subject.StartsWith("Re:")) AddFlag("$Thread");</code></example>
    public bool StartsWith(string text) => Any(text, static (value, part) => value.StartsWith(part, StringComparison.OrdinalIgnoreCase));

    /// <summary>Whether it ends with the text.</summary>
    /// <example><code>if (Mail.Subject.EndsWith("(weekly)")) FileInto("Reports");</code></example>
    public bool EndsWith(string text) => Any(text, static (value, part) => value.EndsWith(part, StringComparison.OrdinalIgnoreCase));

    /// <summary>Whether it is exactly the text.</summary>
    /// <example><code>if (Mail["Auto-Submitted"].Is("auto-replied")) AddFlag(Seen);</code></example>
    public bool Is(string text) => Any(text, static (value, part) => value.Equals(part, StringComparison.OrdinalIgnoreCase));

    /// <summary>Whether the whole of it fits a pattern: <c>*</c> stands for any text, <c>?</c> for one character.</summary>
    /// <example><code>if (Mail.Subject.Like("invoice * from *")) FileInto("Invoices");</code></example>
    public bool Like(string pattern) => Any(pattern, static (value, shape) => Pattern.IsLike(shape, value));

    /// <summary>
    /// Whether a regular expression fits somewhere in it. It takes time in proportion to the text, whatever the mail holds; so what looks
    /// ahead, behind or back (<c>(?=</c>, <c>(?&lt;=</c>, <c>\1</c>) is not possible.
    /// </summary>
    /// <example><code>if (Mail.Subject.Matches(@"\bINV-\d{4,}\b")) FileInto("Invoices");</code></example>
    /// <exception cref="ArgumentException">It is no regular expression, or has more than 1,000 characters.</exception>
    public bool Matches(string expression) => Any(expression, static (value, shape) => Pattern.Of(shape).IsMatch(value));

    /// <summary>What a regular expression finds: the text of its first group, or of the whole when it has none; empty when it does not fit.</summary>
    /// <example><code>if (Mail.Subject.Find(@"\[ticket (\d+)\]") is { Length: > 0 } ticket) FileInto($"Tickets/{ticket}");</code></example>
    /// <exception cref="ArgumentException">It is no regular expression, or has more than 1,000 characters.</exception>
    public string Find(string expression)
    {
        if (expression is null)
            return "";
        foreach (var value in _values)
            if (Pattern.Of(expression).Match(value) is { Success: true } match)
                return match.Groups.Count > 1 ? match.Groups[1].Value : match.Value;
        return "";
    }

    /// <summary>The first value, so that a field can stand where a text is wanted.</summary>
    /// <example><code>FileInto($"Subjects/{Mail.Subject}");</code></example>
    public override string ToString() => Value;

    /// <summary>The first value, so that a field can stand where a text is wanted.</summary>
    /// <example><code>string subject = Mail.Subject;</code></example>
    public static implicit operator string(MailText text) => text?.Value ?? "";

    private bool Any(string text, Func<string, string, bool> test)
    {
        if (text is null)
            return false;
        for (var i = 0; i < _values.Count; i++)
            if (test(_values[i], text))
                return true;
        return false;
    }
}
