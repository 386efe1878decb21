using System.Runtime.CompilerServices;

namespace MailServer.Rules;

/// <summary>What a rule script sees: the mail, and the verbs that say where it goes. The verbs are Sieve's (RFC 5228).</summary>
/// <remarks>
/// One object serves one recipient of one message, through all scripts. When no script speaks, the mail is kept in INBOX.
/// The <c>line</c> that each verb takes is filled in by the compiler and shows later which line decided; scripts never pass it.
/// </remarks>
public sealed partial class RuleGlobals
{
    private readonly DeliveryPlan _plan;

    private readonly IRecipientSource _recipient;

    internal RuleGlobals(Mail mail, IRecipientSource recipient, DeliveryPlan plan) => (Mail, _recipient, _plan) = (mail, recipient, plan);

    /// <summary>The mail to decide about.</summary>
    /// <example><code>if (Mail.Subject.Has("invoice")) FileInto("Invoices");</code></example>
    public Mail Mail { get; }

    /// <summary>The part after <c>+</c> of the address the mail was sent to (RFC 5233); empty when there is none.</summary>
    /// <example>Mail for <c>alice+shop@example.org</c>: <code>if (Detail == "shop") FileInto("Shopping");</code></example>
    public string Detail => _recipient.Detail;

    /// <summary>How the mail came: who sent it, from where, to which of your addresses.</summary>
    /// <example><code>if (Envelope.Recipient.Is("sales@example.org")) FileInto("Sales");</code></example>
    public MailEnvelope Envelope => field ??= new(Mail, _recipient);

    /// <summary>The folders that the account has.</summary>
    /// <example><code>if (Folders.Find(Detail) is { } folder) FileInto(folder);</code></example>
    public AccountFolders Folders => field ??= new(_recipient);

    /// <summary>
    /// The time, in the server's time zone: when the mail came. When rules are tried over stored mail it is each mail's own time, so that they
    /// say what they would have said.
    /// </summary>
    /// <example><code>if (Now.DayOfWeek is DayOfWeek.Saturday or DayOfWeek.Sunday &amp;&amp; Mail.From.IsIn("work.example")) FileInto("Monday");</code></example>
    public DateTimeOffset Now => Mail.Received;

    /// <summary>Whether <see cref="Stop"/> was called: from then on nothing that the script does counts.</summary>
    internal bool IsStopped { get; private set; }

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

    private static string Quote(string[]? flags) => flags is null ? "" : $", [{string.Join(", ", flags.Take(10).Select(Quote))}{(flags.Length > 10 ? ", …" : "")}]";

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
