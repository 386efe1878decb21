using System.Runtime.CompilerServices;

namespace MailServer.Rules;

/// <summary>What a rule script sees: the mail, and the verbs that say where it goes. The verbs are Sieve's (RFC 5228).</summary>
/// <remarks>
/// One object serves one recipient of one message, through all scripts. When no script speaks, the mail is kept in INBOX.
/// The <c>line</c> that each verb takes is filled in by the compiler and shows later which line decided; scripts never pass it.
/// </remarks>
public sealed class RuleGlobals
{
    private readonly DeliveryPlan _plan;

    internal RuleGlobals(Mail mail, string? detail, DeliveryPlan plan) => (Mail, Detail, _plan) = (mail, detail ?? "", plan);

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

    /// <summary>The mail to decide about.</summary>
    /// <example><code>if (Mail.Subject.Has("invoice")) FileInto("Invoices");</code></example>
    public Mail Mail { get; }

    /// <summary>The part after <c>+</c> of the address the mail was sent to (RFC 5233); empty when there is none.</summary>
    /// <example>Mail for <c>alice+shop@example.org</c>: <code>if (Detail == "shop") FileInto("Shopping");</code></example>
    public string Detail { get; }

    /// <summary>Whether <see cref="Stop"/> was called: from then on nothing that the script does counts.</summary>
    internal bool IsStopped { get; private set; }

    /// <summary>Keeps a copy in INBOX, beside whatever else is done (RFC 5228 §4.3).</summary>
    /// <example>A copy to a folder of its own, and one in INBOX: <code>FileInto("Boss"); Keep();</code></example>
    public void Keep([CallerLineNumber] int line = 0)
    {
        if (!IsStopped)
            _plan.File(FolderName.Inbox, line, "Keep()");
    }

    /// <summary>
    /// Files the mail into a folder, made when it is not there, and no longer into INBOX (RFC 5228 §4.1). Levels are split by <c>/</c>.
    /// Called twice, the mail is filed twice. A name that cannot be a folder means INBOX.
    /// </summary>
    /// <example><code>FileInto($"Lists/{Mail.List}");</code></example>
    public void FileInto(string folder, [CallerLineNumber] int line = 0)
    {
        if (IsStopped)
            return;
        var action = $"FileInto({Quote(folder)})";
        if (FolderName.TryParse(folder, out var name))
            _plan.File(name, line, action);
        else
            _plan.Warn(FolderName.Inbox, line, $"{action}: not a folder name, kept in INBOX");
    }

    /// <summary>Files a copy into a folder; where else the mail goes stays as it is (RFC 3894 §3).</summary>
    /// <example><code>if (Mail.HasAttachment("*.pdf")) CopyTo("Paper");</code></example>
    public void CopyTo(string folder, [CallerLineNumber] int line = 0)
    {
        if (IsStopped)
            return;
        var action = $"CopyTo({Quote(folder)})";
        if (FolderName.TryParse(folder, out var name))
            _plan.Copy(name, line, action);
        else
            _plan.Warn(null, line, $"{action}: not a folder name, no copy made");
    }

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

    /// <summary>Not possible yet: the server has no queue for outgoing mail. A script that uses it does not compile.</summary>
    /// <example>Instead, for now: <code>CopyTo("For the bookkeeper");</code></example>
    [Obsolete("Redirect is not possible yet, this server has no outgoing queue; use CopyTo or FileInto", error: true)]
    public void Redirect(string address, [CallerLineNumber] int line = 0) => throw new NotSupportedException($"Redirect({Quote(address)}) at line {line} is not possible yet");

    /// <summary>Drops the mail silently, unless it is also filed or kept somewhere (RFC 5228 §4.4).</summary>
    /// <example><code>if (Mail["X-Loop"].Has("monitor@example.org")) { Discard(); Stop(); }</code></example>
    public void Discard([CallerLineNumber] int line = 0)
    {
        if (!IsStopped)
            _plan.Discard(line);
    }

    /// <summary>Ends this script here, and skips those after it (RFC 5228 §3.3).</summary>
    /// <example><code>if (Mail.JunkScore >= 5) { FileInto("Junk"); Stop(); }</code></example>
    public void Stop([CallerLineNumber] int line = 0)
    {
        StopHere(line);
        throw new StopException();
    }

    /// <summary>What the compiler makes of <c>Stop();</c> where the script can simply return: the same without the cost of an exception.</summary>
    /// <param name="line">The script's line.</param>
    [System.ComponentModel.EditorBrowsable(System.ComponentModel.EditorBrowsableState.Never)]
    public void StopHere(int line)
    {
        if (IsStopped)
            return;
        IsStopped = true;
        _plan.Finish(line);
    }

    // Shown in logs and reports: bounded, on one line.
    private static string Quote(string? value)
    {
        if (value is null)
            return "null";
        var shown = value.Length > 200 ? string.Concat(value.AsSpan(0, 200), "…") : value;
        if (shown.AsSpan().IndexOfAny('"', '\\') >= 0)
            shown = shown.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal);
        return shown.Any(char.IsControl) ? $"\"{string.Concat(shown.Select(c => char.IsControl(c) ? '?' : c))}\"" : $"\"{shown}\"";
    }
}
