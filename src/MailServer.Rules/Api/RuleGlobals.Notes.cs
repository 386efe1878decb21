using System.Runtime.CompilerServices;

namespace MailServer.Rules;

// What rules leave for later mails of the same account.
public sealed partial class RuleGlobals
{
    /// <summary>RFC 7352 §3.3: the time when a script gives none.</summary>
    private static readonly TimeSpan DuplicateLife = TimeSpan.FromDays(7);

    /// <summary>
    /// Notes something for later mails of this account. It counts once this mail is delivered, so a mail that could not be stored and comes
    /// again is no duplicate of itself. A note is forgotten after its time, which is at most a year.
    /// </summary>
    /// <param name="key">The note's name. The account's rules share their notes, so begin it with a word of your own.</param>
    /// <param name="time">How long it is kept.</param>
    /// <param name="value">A text to be recalled, of at most 500 characters.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <example><code>Remember("vip:" + Mail.From.Address, 90.Days());</code></example>
    public void Remember(string key, TimeSpan time, string value = "", [CallerLineNumber] int line = 0)
    {
        if (IsStopped)
            return;
        var action = $"Remember({Quote(key)})";
        if (string.IsNullOrEmpty(key) || time <= TimeSpan.Zero)
            _plan.Warn(null, line, $"{action}: a note needs a key and a time, ignored");
        else
            _plan.Note(Note(NoteLimits.KeyOf(key), time, NoteLimits.ValueOf(value)), line, action);
    }

    /// <summary>Whether something is noted.</summary>
    /// <example><code>if (Remembers("vip:" + Mail.From.Address)) AddFlag(Flagged);</code></example>
    public bool Remembers(string key) => Find(key) is not null;

    /// <summary>The text that was noted; empty when there is none.</summary>
    /// <example><code>if (Recall("ticket:" + Mail.Subject) is { Length: > 0 } folder) FileInto(folder);</code></example>
    public string Recall(string key) => Find(key) ?? "";

    /// <summary>Takes a note away.</summary>
    /// <example><code>if (Mail.Subject.Has("resolved")) Forget("alarm:" + Mail.From.Address);</code></example>
    public void Forget(string key, [CallerLineNumber] int line = 0)
    {
        if (!IsStopped && !string.IsNullOrEmpty(key))
            _plan.Note(new(NoteLimits.KeyOf(key), null, Now), line, $"Forget({Quote(key)})");
    }

    /// <summary>
    /// Whether a mail with the same Message-ID was delivered to this account before; notes this one (RFC 7352). A mail without a Message-ID is
    /// compared by its From, To, Date, Subject and size. Anybody can write any Message-ID, so it is better to file duplicates than to discard them.
    /// </summary>
    /// <param name="within">How long ago at most; a week when it is left out.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <example><code>if (IsDuplicate()) { FileInto("Duplicates"); Stop(); }</code></example>
    public bool IsDuplicate(TimeSpan? within = null, [CallerLineNumber] int line = 0)
    {
        var (key, time) = (NoteLimits.KeyOf("duplicate:" + Mail.MessageId), within ?? DuplicateLife);
        if (time <= TimeSpan.Zero || IsStopped)
            return false;
        if (Find(key) is not null)
            return true;
        _plan.Note(Note(key, time, ""), line, null);
        return false;
    }

    private NoteChange Note(string key, TimeSpan time, string value) => new(key, value, Now + (time < NoteLimits.MaxLife ? time : NoteLimits.MaxLife));

    private string? Find(string key)
    {
        if (string.IsNullOrEmpty(key))
            return null;
        var kept = NoteLimits.KeyOf(key);
        return _plan.NoteOf(kept) is { } change ? change.Value : _recipient.Notes.Find(kept, Now);
    }
}
