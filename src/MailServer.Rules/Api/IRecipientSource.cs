namespace MailServer.Rules;

/// <summary>Where rules get their facts about a recipient from. Nothing throws: what cannot be read is empty.</summary>
public interface IRecipientSource
{
    /// <summary>The address the mail was sent to, as in RCPT TO.</summary>
    string Address { get; }

    /// <summary>The part after <c>+</c> of that address (RFC 5233); empty when there is none.</summary>
    string Detail { get; }

    /// <summary>The main address of the account that gets the mail.</summary>
    string Account { get; }

    /// <summary>The account's folders.</summary>
    IReadOnlyList<AccountFolder> Folders { get; }

    /// <summary>What rules have noted for the account.</summary>
    INotes Notes { get; }
}

/// <summary>A folder of an account.</summary>
/// <param name="Name">The whole name, with <c>/</c> between levels.</param>
/// <param name="SpecialUse">As <c>\Junk</c> (RFC 6154 §2); empty when it has none.</param>
public readonly record struct AccountFolder(string Name, string SpecialUse = "");

/// <summary>Short texts that rules of one account leave for later mails.</summary>
public interface INotes
{
    /// <summary>What was noted under a key, empty when only the key was; null when there is no such note, or its time is over.</summary>
    string? Find(string key, DateTimeOffset now);

    /// <summary>Takes what the rules noted about one mail, in order. Whoever gave the notes decides when they count: once the mail is delivered.</summary>
    void Write(IReadOnlyList<NoteChange> changes);
}

/// <summary>One change of a note.</summary>
/// <param name="Key">The note's name, within <see cref="NoteLimits"/>.</param>
/// <param name="Value">The text; null takes the note away.</param>
/// <param name="Until">When it is forgotten.</param>
public readonly record struct NoteChange(string Key, string? Value, DateTimeOffset Until);

/// <summary>Facts about a recipient that are known beforehand.</summary>
public sealed record RecipientFacts : IRecipientSource
{
    /// <inheritdoc/>
    public string Address { get; init; } = "";

    /// <inheritdoc/>
    public string Detail { get; init; } = "";

    /// <inheritdoc/>
    public string Account { get; init; } = "";

    /// <inheritdoc/>
    public IReadOnlyList<AccountFolder> Folders { get; init; } = [];

    /// <inheritdoc/>
    public INotes Notes { get; init; } = NoNotes.Instance;

    private sealed class NoNotes : INotes
    {
        public static NoNotes Instance { get; } = new();

        public string? Find(string key, DateTimeOffset now) => null;

        public void Write(IReadOnlyList<NoteChange> changes)
        {
        }
    }
}
