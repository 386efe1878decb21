using System.Text.Json.Serialization;

namespace MailServer.Storage;

/// <summary>One line of an account's journal.</summary>
public sealed record JournalEntry
{
    /// <summary>When, in UTC and milliseconds.</summary>
    public DateTimeOffset Time { get; init; }

    /// <summary>What, a word of <see cref="JournalEvents"/>.</summary>
    public required string Event { get; init; }

    /// <summary>Who: a protocol, <c>smtp</c> for deliveries, <c>command</c>, <c>outside</c> for other programs, or <c>server</c>.</summary>
    public string By { get; init; } = "server";

    /// <summary>The author's connection, or a command's words.</summary>
    public string? Session { get; init; }

    /// <summary>The author's address.</summary>
    public string? Peer { get; init; }

    /// <summary>The folder it is about.</summary>
    public string? Folder { get; init; }

    /// <summary>The message's base name in that folder.</summary>
    public string? Message { get; init; }

    /// <summary>The Message-ID field of what was appended, copied or moved; of a delivery see <see cref="Delivery"/>.</summary>
    public string? MessageId { get; init; }

    /// <summary>Its UID there, when it had one already.</summary>
    public uint? Uid { get; init; }

    /// <summary>Its EMAILID (RFC 8474), of what was copied, moved, or removed by a run; else its base name tells it.</summary>
    public string? EmailId { get; init; }

    /// <summary>Where it came from, of a copy or a move; of a renamed folder, its old name.</summary>
    public JournalPlace? From { get; init; }

    /// <summary>All its flags and keywords after the event, with blanks between.</summary>
    public string? Flags { get; init; }

    /// <summary>The rule that asked for it, of what a run of rules did or took back.</summary>
    public JournalStep? Why { get; init; }

    /// <summary>How many messages one line stands for.</summary>
    public int? Count { get; init; }

    /// <summary>What an adoption found and did.</summary>
    public JournalAdoption? Adoption { get; init; }

    /// <summary>How it came in and why it went where it did.</summary>
    public JournalDelivery? Delivery { get; init; }

    internal JournalEntry WrittenBy(Author? author) => author is null
        ? this
        : this with { By = author.Kind, Session = author.Session, Peer = author.Peer?.ToString() };
}

/// <summary>A message's place.</summary>
public sealed record JournalPlace
{
    /// <summary>The folder.</summary>
    public required string Folder { get; init; }

    /// <summary>The base name there.</summary>
    public string? Message { get; init; }

    /// <summary>The UID there.</summary>
    public uint? Uid { get; init; }
}

/// <summary>What was known when a message came.</summary>
public sealed record JournalDelivery
{
    /// <summary>The server's name for the message, as in the log.</summary>
    public required string Id { get; init; }

    /// <summary>The Message-ID field.</summary>
    public string? MessageId { get; init; }

    /// <summary>The reverse-path; empty for the null one.</summary>
    public string? Sender { get; init; }

    /// <summary>The address in RCPT TO.</summary>
    public string? Recipient { get; init; }

    /// <summary>Octets with CRLF line ends.</summary>
    public long Size { get; init; }

    /// <summary>What the peer calls itself.</summary>
    public string? Helo { get; init; }

    /// <summary>How it came (RFC 3848).</summary>
    public string? With { get; init; }

    /// <summary>Protocol and cipher suite.</summary>
    public string? Tls { get; init; }

    /// <summary>Who had logged in.</summary>
    public string? User { get; init; }

    /// <summary>Sum of the filters' scores.</summary>
    public double Score { get; init; }

    /// <summary>Fields that the filters wrote.</summary>
    public IReadOnlyList<string>? Findings { get; init; }

    /// <summary>What the rules decided, in order; of very many the last.</summary>
    public IReadOnlyList<JournalStep>? Steps { get; init; }

    /// <summary>How many steps before these were not written down.</summary>
    public int StepsBefore { get; init; }

    /// <summary>Why it was not taken.</summary>
    public string? Problem { get; init; }
}

/// <summary>One decision of a rule.</summary>
/// <param name="Rule">The rule or script.</param>
/// <param name="Line">The script's line; 0 when there is none.</param>
/// <param name="Action">What it did.</param>
public sealed record JournalStep(string Rule, int Line, string Action)
{
    /// <summary>The script's text: the first 12 digits that <c>sha256sum</c> shows of its file; null when there is no script.</summary>
    public string? Version { get; init; }

    /// <summary>Whether the script is one of the account's own, and not an administrator's of the same name.</summary>
    public bool IsOwn { get; init; }
}

/// <summary>What an adoption found in a Maildir, and what it gave out.</summary>
public sealed record JournalAdoption
{
    /// <summary>The programs that had left their files, as <c>Dovecot</c>.</summary>
    public IReadOnlyList<string> Programs { get; init; } = [];

    /// <summary>How folders lie in it.</summary>
    public required string Layout { get; init; }

    /// <summary>Its folders.</summary>
    public int Folders { get; init; }

    /// <summary>Their messages.</summary>
    public long Messages { get; init; }

    /// <summary>Of these, those that had no UID and were given one.</summary>
    public long GivenUids { get; init; }

    /// <summary>Messages with a POP3 unique-id of the earlier server's.</summary>
    public long Pop3Ids { get; init; }

    /// <summary>Subscribed folders.</summary>
    public int Subscriptions { get; init; }

    /// <summary>What it could not take over; nothing when all is well.</summary>
    public int Problems { get; init; }
}

/// <summary>The words for events.</summary>
public static class JournalEvents
{
#pragma warning disable CS1591 // each word says itself
    public const string Delivered = "delivered";
    public const string Discarded = "discarded";
    public const string Redirected = "redirected";
    public const string Queued = "queued";
    public const string Rejected = "rejected";
    public const string Appended = "appended";
    public const string Copied = "copied";
    public const string Moved = "moved";
    public const string Removed = "removed";
    public const string Flags = "flags";
    public const string Added = "added";
    public const string Gone = "gone";
    public const string Adopted = "adopted";
    public const string FolderCreated = "folder-created";
    public const string FolderRenamed = "folder-renamed";
    public const string FolderDeleted = "folder-deleted";
#pragma warning restore CS1591
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault)]
[JsonSerializable(typeof(JournalEntry))]
internal sealed partial class JournalJson : JsonSerializerContext;
