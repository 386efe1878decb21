namespace MailServer.Storage;

/// <summary>Where mail is kept.</summary>
public sealed record StoreOptions
{
    /// <summary>A year, and a month to ask about it.</summary>
    public const int DefaultJournalDays = 400;

    /// <summary>The Maildir of an account, with <c>{data}</c>, <c>{domain}</c>, <c>{user}</c> and <c>{home}</c>.</summary>
    public required string Maildir { get; init; }

    /// <summary>How folders lie in it.</summary>
    public MaildirLayout Layout { get; init; }

    /// <summary>The server's own directory; messages on their way in are spooled below it.</summary>
    public required string DataDirectory { get; init; }

    /// <summary>The host's name, the last part of a message's file name.</summary>
    public required string Hostname { get; init; }

    /// <summary>Whether an index of the messages' texts is kept, for searches.</summary>
    public bool SearchIndex { get; init; } = true;

    /// <summary>Days that an account's journal is kept; 0 for none.</summary>
    public int JournalDays { get; init; } = DefaultJournalDays;

    /// <summary>What an account may hold of which its directory says nothing.</summary>
    public Quota Quota { get; init; } = new();

    /// <summary>Per cent of what an account may hold at which its owner is told.</summary>
    public IReadOnlyList<int> QuotaWarnings { get; init; } = [80, 95];

    /// <summary>Whether a full account refuses mail for good (552 5.2.2) instead of for now (452 4.2.2).</summary>
    public bool IsOverQuotaFinal { get; init; }

    /// <summary>Where an account's Maildir is.</summary>
    public string MaildirOf(User user)
    {
        ArgumentNullException.ThrowIfNull(user);
        return MaildirPattern.Fill(this, user);
    }

    /// <summary>Another folder of an account's, by a pattern that may also hold <c>{maildir}</c>, its Maildir.</summary>
    public string FolderOf(string pattern, User user)
    {
        ArgumentNullException.ThrowIfNull(pattern);
        ArgumentNullException.ThrowIfNull(user);
        return MaildirPattern.Fill(this, pattern.Replace("{maildir}", Maildir, StringComparison.Ordinal), user);
    }
}
