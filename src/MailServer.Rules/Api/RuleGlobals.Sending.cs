using System.Runtime.CompilerServices;

namespace MailServer.Rules;

// What is sent because of the mail.
public sealed partial class RuleGlobals
{
    /// <summary>
    /// Sends the mail on to another address, and no longer into INBOX (RFC 5228 §4.2). When it cannot be sent on, because this server sends no
    /// mail, or since it has come here once before on its way, it is kept in INBOX.
    /// </summary>
    /// <param name="address">To whom.</param>
    /// <param name="copy">Whether where else the mail goes stays as it is (RFC 3894 §3).</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <example><code>if (Mail.Subject.Has("receipt")) Redirect("books@accountant.example", copy: true);</code></example>
    public void Redirect(string address, bool copy = false, [CallerLineNumber] int line = 0)
    {
        if (IsStopped)
            return;
        var action = $"Redirect({Quote(address)}{(copy ? ", copy: true" : "")})";
        var instead = copy ? (FolderName?)null : FolderName.Inbox;
        var kept = copy ? "not sent on" : "kept in INBOX";
        if (!SendAddress.TryParse(address, out var to))
            _plan.Warn(instead, line, $"{action}: not an address, {kept}");
        else if (AutomaticReplies.IsOwn(to, _recipient.Address, _recipient.Account, []))
            _plan.Warn(instead, line, $"{action}: that is this account, {kept}");
        else
            _plan.Redirect(to, copy, line, action);
    }

    /// <summary>
    /// Answers the sender, once in so many days (RFC 5230). No answer goes to machines, lists, junk and to mail that does not name you in To or
    /// Cc; where the mail goes stays as it is.
    /// </summary>
    /// <param name="text">What it says.</param>
    /// <param name="subject">Its subject; left out: <c>Auto: </c> and that of the mail.</param>
    /// <param name="days">How long the same sender gets no other answer: 1 to 90.</param>
    /// <param name="addresses">Further addresses of yours. Without them only mail to your account's and to the address it came by is answered.</param>
    /// <param name="handle">What counts as the same answer; left out: a changed text is a new one.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <example><code>if (Now.Date &lt; new DateTime(2026, 12, 24)) Vacation("I am away until Christmas.");</code></example>
    public void Vacation(string text, string? subject = null, int days = 7, string[]? addresses = null, string? handle = null, [CallerLineNumber] int line = 0)
    {
        if (IsStopped)
            return;
        var action = $"Vacation({Quote(text is { Length: > 40 } ? string.Concat(text.AsSpan(0, 40), "…") : text)})";
        var own = (addresses ?? []).Select(address => SendAddress.TryParse(address, out var parsed) ? parsed : default).Where(address => address != default)
            .Take(AutomaticLimits.MaxAddresses).ToArray();
        if (string.IsNullOrWhiteSpace(text))
            _plan.Warn(null, line, $"{action}: an answer needs a text, ignored");
        else if (AutomaticReplies.WhyNot(Mail, _recipient.Address, _recipient.Account, own) is { } reason)
            _plan.Say(line, $"{action}: not answered, {reason}");
        else
            _plan.Answer(
                new()
                {
                    Text = AutomaticLimits.TextOf(text),
                    Subject = AutomaticLimits.SubjectOf(subject),
                    Interval = TimeSpan.FromDays(Math.Clamp(days, 1, AutomaticLimits.MaxDays)),
                    Handle = NoteLimits.KeyOf(handle ?? $"{subject}\n{text}"),
                    Addresses = own,
                },
                line,
                action);
    }

    /// <summary>Tells somebody by mail that this mail has come, once a minute at most (RFC 5436). Not of mail that is such a notice itself.</summary>
    /// <param name="address">Whom.</param>
    /// <param name="text">What it says; left out: from whom the mail is and its subject. The first line is its subject.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <example><code>if (Mail.From.Is("boss@work.example")) Notify("4915112345678@sms.example");</code></example>
    public void Notify(string address, string? text = null, [CallerLineNumber] int line = 0)
    {
        if (IsStopped)
            return;
        var action = $"Notify({Quote(address)})";
        if (!SendAddress.TryParse(address, out var to))
            _plan.Warn(null, line, $"{action}: not an address, nobody is told");
        else if (AutomaticReplies.WhyNotNotify(Mail, to, _recipient.Address, _recipient.Account) is { } reason)
            _plan.Say(line, $"{action}: not told, {reason}");
        else
            _plan.Answer(
                new()
                {
                    To = to,
                    Text = AutomaticLimits.TextOf(string.IsNullOrWhiteSpace(text) ? $"{(Mail.From.Count > 0 ? Mail.From[0] : "somebody")}: {Mail.Subject.Value}" : text),
                    Interval = AutomaticLimits.NoticeInterval,
                    Handle = to.ToString(),
                },
                line,
                action);
    }
}
