using System.Runtime.CompilerServices;

namespace MailServer.Rules;

// What the mail is marked with (RFC 5232).
public sealed partial class RuleGlobals
{
    internal const string JunkKeyword = "$Junk";

    internal const string NotJunkKeyword = "$NotJunk";

    /// <summary>Read.</summary>
    /// <example><code>AddFlag(Seen);</code></example>
    public const string Seen = @"\Seen";

    /// <summary>Marked as important, a star in most clients.</summary>
    /// <example><code>AddFlag(Flagged);</code></example>
    public const string Flagged = @"\Flagged";

    /// <summary>Answered.</summary>
    /// <example><code>AddFlag(Answered);</code></example>
    public const string Answered = @"\Answered";

    /// <summary>A draft.</summary>
    /// <example><code>AddFlag(Draft);</code></example>
    public const string Draft = @"\Draft";

    /// <summary>Marked for removal: a client's next clean-up removes it.</summary>
    /// <example><code>AddFlag(Deleted);</code></example>
    public const string Deleted = @"\Deleted";

    /// <summary>Sets a flag, or a keyword such as <c>$Junk</c>, on every copy of the mail (RFC 5232 §4).</summary>
    /// <example><code>AddFlag(Seen); AddFlag("$Receipt");</code></example>
    public void AddFlag(string flag, [CallerLineNumber] int line = 0)
    {
        if (IsStopped)
            return;
        var action = $"AddFlag({Quote(flag)})";
        if (FlagName.IsValid(flag))
            _plan.Flag(flag, line, action);
        else
            _plan.Warn(null, line, $"{action}: not a flag or keyword, ignored");
    }

    /// <summary>Takes a flag or keyword away that this rule or an earlier one has set (RFC 5232 §4).</summary>
    /// <example><code>if (Mail.From.Is("boss@work.example")) RemoveFlag(Seen);</code></example>
    public void RemoveFlag(string flag, [CallerLineNumber] int line = 0)
    {
        if (!IsStopped)
            _plan.Unflag(flag ?? "", line, $"RemoveFlag({Quote(flag)})");
    }

    /// <summary>Sets these flags and keywords, and takes away those set so far (RFC 5232 §4).</summary>
    /// <example><code>SetFlags([Seen, "$Receipt"]);</code></example>
    public void SetFlags(string[] flags, [CallerLineNumber] int line = 0)
    {
        if (!IsStopped)
            _plan.SetFlags(Checked(flags ?? [], line)!, line, $"SetFlags({(flags is null ? "[]" : Quote(flags)[", ".Length..])})");
    }

    private List<string>? Checked(string[]? flags, int line)
    {
        if (flags is null)
            return null;
        List<string> good = [];
        foreach (var flag in flags.Take(DeliveryPlan.MaxFlags))
            if (FlagName.IsValid(flag))
                good.Add(flag);
            else
                _plan.Warn(null, line, $"{Quote(flag)}: not a flag or keyword, ignored");
        return good;
    }
}
