namespace MailServer.Rules;

/// <summary>The mail that a rule decides about. Nothing in it is null but <see cref="List"/>; a broken mail has empty values.</summary>
public sealed class Mail
{
    private readonly IMailSource _source;
    private readonly Dictionary<string, MailText> _fields = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Shows a message to rules. What no rule asks for is never read.</summary>
    public Mail(IMailSource source)
    {
        ArgumentNullException.ThrowIfNull(source);
        _source = source;
    }

    /// <summary>Who it says it is from. Anybody can write anything there: see <see cref="IsAuthentic"/>.</summary>
    /// <example><code>if (Mail.From.IsIn("work.example")) FileInto("Work");</code></example>
    public Addresses From => field ??= AddressesIn("From");

    /// <summary>Whom it names as recipients. A mail by a list or a blind copy does not name you.</summary>
    /// <example><code>if (!Mail.To.Is("alice@example.org")) AddFlag("$Indirect");</code></example>
    public Addresses To => field ??= AddressesIn("To");

    /// <summary>Whom it names as recipients of copies.</summary>
    /// <example><code>if (Mail.Cc.Is("alice@example.org")) FileInto("Copies");</code></example>
    public Addresses Cc => field ??= AddressesIn("Cc");

    /// <summary>Whom it names as recipients of blind copies. Hardly any mail that comes in still names them.</summary>
    /// <example><code>if (Mail.Bcc.Is("alice@example.org")) AddFlag("$Bcc");</code></example>
    public Addresses Bcc => field ??= AddressesIn("Bcc");

    /// <summary>Who is to get the answer, when that is not who it is from.</summary>
    /// <example><code>if (Mail.ReplyTo.Count > 0 &amp;&amp; !Mail.ReplyTo.IsIn(Mail.From.Domain)) AddFlag("$OtherReply");</code></example>
    public Addresses ReplyTo => field ??= AddressesIn("Reply-To");

    /// <summary>Who has sent it for the one in From (RFC 5322 §3.6.2): a secretary, a list's server.</summary>
    /// <example><code>if (Mail.Sender.IsIn("lists.example.org")) FileInto("Lists");</code></example>
    public Addresses Sender => field ??= AddressesIn("Sender");

    /// <summary>The people of any address field.</summary>
    /// <example><code>if (Mail.AddressesIn("Resent-To").Is("alice@example.org")) FileInto("Resent");</code></example>
    public Addresses AddressesIn(string field)
    {
        ArgumentNullException.ThrowIfNull(field);
        return new(_source.Addresses(field));
    }

    /// <summary>The subject, decoded.</summary>
    /// <example><code>if (Mail.Subject.Has("receipt")) FileInto("Receipts");</code></example>
    public MailText Subject => this["Subject"];

    /// <summary>Any field of the header, decoded.</summary>
    /// <example><code>if (Mail["X-GitHub-Reason"].Is("review_requested")) AddFlag(Flagged);</code></example>
    public MailText this[string name]
    {
        get
        {
            ArgumentNullException.ThrowIfNull(name);
            if (!_fields.TryGetValue(name, out var text))
                _fields[name] = text = new MailText(_source.Fields(name));
            return text;
        }
    }

    /// <summary>The mailing list's identifier (RFC 2919) in lower case, as <c>dev.lists.example.org</c>; null when it is not from a list.</summary>
    /// <example><code>if (Mail.List is { } list) FileInto($"Lists/{list}");</code></example>
    public string? List => ListId.Find(this["List-Id"].Value);

    /// <summary>Whether it comes from a mailing list, by its List fields (RFC 2369, RFC 2919) or an old list's Precedence.</summary>
    /// <example><code>if (Mail.IsList) FileInto("Lists");</code></example>
    public bool IsList => this["List-Id"].Exists || this["List-Post"].Exists || this["Mailing-List"].Exists || this["Precedence"].Is("list");

    /// <summary>Whether it was sent to many: by a list, or as a newsletter that one can unsubscribe from.</summary>
    /// <example><code>if (Mail.IsBulk &amp;&amp; !Mail.IsList) FileInto("Newsletters");</code></example>
    public bool IsBulk => IsList || this["List-Unsubscribe"].Exists || this["Feedback-ID"].Exists || this["Precedence"] is var how && (how.Is("bulk") || how.Is("junk"));

    /// <summary>Whether a machine wrote it by itself: an answer, a report, a notification (RFC 3834 §5).</summary>
    /// <example><code>if (Mail.IsAutomatic) FileInto("Machines");</code></example>
    public bool IsAutomatic => this["Auto-Submitted"] is { Exists: true } how ? !how.Value.StartsWith("no", StringComparison.OrdinalIgnoreCase) : this["Precedence"].Is("auto_reply");

    /// <summary>
    /// The mail's own name, without the angle brackets (RFC 5322 §3.6.4). Two copies of one mail have the same. A mail without one gets one
    /// made of From, To, Date, Subject and size, so it is never empty.
    /// </summary>
    /// <example><code>if (Remembers("seen:" + Mail.MessageId)) AddFlag(Seen);</code></example>
    public string MessageId => field ??= MessageName.Of(this);

    /// <summary>The date it bears; when that is missing or broken, the time it came.</summary>
    /// <example><code>FileInto($"Archive/{Mail.Date:yyyy}");</code></example>
    public DateTimeOffset Date => _source.Date;

    /// <summary>When it came, in the server's time zone.</summary>
    /// <example><code>if (Mail.Received.Hour is >= 22 or &lt; 6) AddFlag("$Night");</code></example>
    public DateTimeOffset Received => _source.Received;

    /// <summary>Its size in octets.</summary>
    /// <example><code>if (Mail.Size > 10_000_000) FileInto("Big");</code></example>
    public long Size => _source.Size;

    /// <summary>How much it looks like junk, summed over all filters: 5 and more is junk, 0 and less is not.</summary>
    /// <example><code>if (Mail.JunkScore >= 5) { FileInto("Junk"); Stop(); }</code></example>
    public double JunkScore => _source.JunkScore;

    /// <summary>Whether it was shown to come from the domain in From: DMARC passed (RFC 9989). False when nobody checked.</summary>
    /// <example><code>if (Mail.From.IsIn("bank.example") &amp;&amp; !Mail.IsAuthentic) FileInto("Junk");</code></example>
    public bool IsAuthentic => Auth.Dmarc.Passed;

    /// <summary>What this server's filters found out about where it comes from. What the mail itself claims does not count.</summary>
    /// <example><code>if (Mail.Auth.Spf.Failed &amp;&amp; !Mail.Auth.Dkim.Passed) AddFlag("$Doubtful");</code></example>
    public AuthenticationChecks Auth => field ??= new(_source.AuthenticationResults);

    /// <summary>
    /// The text that a reader sees: text parts that are no attachments, decoded, HTML turned into text. Of a long one the first 256 Ki
    /// characters are looked at. Asking for it reads the mail's body, which no other question but those about attachments does.
    /// </summary>
    /// <example><code>if (Mail.Body.Has("unsubscribe")) FileInto("Newsletters");</code></example>
    public MailText Body => field ??= new(_source.Text is { Length: > 0 } text ? [text] : []);

    /// <summary>The files attached: all parts that have a name or say that they are attachments.</summary>
    /// <example><code>if (Mail.Attachments.Sum(file => file.Size) > 5_000_000) FileInto("Big");</code></example>
    public IReadOnlyList<Attachment> Attachments =>
        field ??= [.. _source.Parts.Where(part => part.FileName.Length > 0 || part.IsAttachment).Select(part => new Attachment(part))];

    internal MailOrigin Origin => field ??= _source.Origin;

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
            if (byType ? Pattern.IsLike(pattern, part.MediaType) : part.FileName.Length > 0 && Pattern.IsLike(pattern, part.FileName))
                return true;
        return false;
    }
}
