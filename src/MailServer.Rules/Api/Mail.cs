using System.IO.Enumeration;

namespace MailServer.Rules;

/// <summary>The mail that a rule decides about. Nothing in it is null but <see cref="List"/>; a broken mail has empty values.</summary>
public sealed class Mail
{
    private readonly IMailSource _source;
    private readonly Dictionary<string, HeaderText> _fields = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Shows a message to rules. What no rule asks for is never read.</summary>
    public Mail(IMailSource source)
    {
        ArgumentNullException.ThrowIfNull(source);
        _source = source;
    }

    /// <summary>Who it says it is from. Anybody can write anything there: see <see cref="IsAuthentic"/>.</summary>
    /// <example><code>if (Mail.From.IsIn("work.example")) FileInto("Work");</code></example>
    public Addresses From => field ??= new(_source.Addresses("From"));

    /// <summary>Whom it names as recipients. A mail by a list or a blind copy does not name you.</summary>
    /// <example><code>if (!Mail.To.Is("alice@example.org")) AddFlag("$Indirect");</code></example>
    public Addresses To => field ??= new(_source.Addresses("To"));

    /// <summary>Whom it names as recipients of copies.</summary>
    /// <example><code>if (Mail.Cc.Is("alice@example.org")) FileInto("Copies");</code></example>
    public Addresses Cc => field ??= new(_source.Addresses("Cc"));

    /// <summary>The subject, decoded.</summary>
    /// <example><code>if (Mail.Subject.Has("receipt")) FileInto("Receipts");</code></example>
    public HeaderText Subject => this["Subject"];

    /// <summary>Any field of the header, decoded.</summary>
    /// <example><code>if (Mail["X-GitHub-Reason"].Is("review_requested")) AddFlag(Flagged);</code></example>
    public HeaderText this[string name]
    {
        get
        {
            ArgumentNullException.ThrowIfNull(name);
            if (!_fields.TryGetValue(name, out var text))
                _fields[name] = text = new HeaderText(_source.Fields(name));
            return text;
        }
    }

    /// <summary>The mailing list's identifier (RFC 2919) in lower case, as <c>dev.lists.example.org</c>; null when it is not from a list.</summary>
    /// <example><code>if (Mail.List is { } list) FileInto($"Lists/{list}");</code></example>
    public string? List => ListId.Find(this["List-Id"].Value);

    /// <summary>The date it bears; when that is missing or broken, the time it came.</summary>
    /// <example><code>FileInto($"Archive/{Mail.Date:yyyy}");</code></example>
    public DateTimeOffset Date => _source.Date;

    /// <summary>Its size in octets.</summary>
    /// <example><code>if (Mail.Size > 10_000_000) FileInto("Big");</code></example>
    public long Size => _source.Size;

    /// <summary>How much it looks like junk, summed over all filters: 5 and more is junk, 0 and less is not.</summary>
    /// <example><code>if (Mail.JunkScore >= 5) { FileInto("Junk"); Stop(); }</code></example>
    public double JunkScore => _source.JunkScore;

    /// <summary>Whether it was shown to come from the domain in From: DMARC passed (RFC 9989). False when nobody checked.</summary>
    /// <example><code>if (Mail.From.IsIn("bank.example") &amp;&amp; !Mail.IsAuthentic) FileInto("Junk");</code></example>
    public bool IsAuthentic => _source.IsAuthentic;

    /// <summary>
    /// Whether a file is attached whose name fits the pattern, with <c>*</c> for any text and <c>?</c> for one character; a pattern with a
    /// slash is compared with the types of all parts.
    /// </summary>
    /// <example><code>if (Mail.HasAttachment("*.ics") || Mail.HasAttachment("text/calendar")) FileInto("Invitations");</code></example>
    public bool HasAttachment(string pattern = "*")
    {
        ArgumentNullException.ThrowIfNull(pattern);
        var byType = pattern.Contains('/', StringComparison.Ordinal);
        foreach (var part in _source.Parts)
            if (byType ? Fits(pattern, part.MediaType) : part.FileName.Length > 0 && Fits(pattern, part.FileName))
                return true;
        return false;
    }

    private static bool Fits(string pattern, string text) => FileSystemName.MatchesSimpleExpression(pattern, text, ignoreCase: true);
}
