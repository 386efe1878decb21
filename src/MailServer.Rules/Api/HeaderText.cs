namespace MailServer.Rules;

/// <summary>The text of a header field, unfolded and decoded (RFC 2047). Never null; case never matters.</summary>
/// <remarks>A field that comes more than once matches when one of its values does.</remarks>
public sealed class HeaderText
{
    private readonly IReadOnlyList<string> _values;

    internal HeaderText(IReadOnlyList<string> values) => _values = values;

    /// <summary>The first value; empty when the field is not there.</summary>
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

    /// <summary>Whether it begins with the text.</summary>
    /// <example><code>if (Mail.Subject.StartsWith("Re:")) AddFlag("$Thread");</code></example>
    public bool StartsWith(string text) => Any(text, static (value, part) => value.StartsWith(part, StringComparison.OrdinalIgnoreCase));

    /// <summary>Whether it ends with the text.</summary>
    /// <example><code>if (Mail.Subject.EndsWith("(weekly)")) FileInto("Reports");</code></example>
    public bool EndsWith(string text) => Any(text, static (value, part) => value.EndsWith(part, StringComparison.OrdinalIgnoreCase));

    /// <summary>Whether it is exactly the text.</summary>
    /// <example><code>if (Mail["Auto-Submitted"].Is("auto-replied")) AddFlag(Seen);</code></example>
    public bool Is(string text) => Any(text, static (value, part) => value.Equals(part, StringComparison.OrdinalIgnoreCase));

    /// <summary>The first value, so that a field can stand where a text is wanted.</summary>
    /// <example><code>FileInto($"Subjects/{Mail.Subject}");</code></example>
    public override string ToString() => Value;

    /// <summary>The first value, so that a field can stand where a text is wanted.</summary>
    public static implicit operator string(HeaderText field) => field?.Value ?? "";

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
