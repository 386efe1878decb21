namespace MailServer.Rules;

/// <summary>
/// Which mail is answered by a machine: what RFC 3834 §2 and RFC 5230 §4.5 and §4.6 leave. Verbs ask it to say at once why not; the server asks again, for
/// what a user's script says comes from a process that is not trusted.
/// </summary>
public static class AutomaticReplies
{
    /// <summary>What scripts and filters take for junk.</summary>
    private const double Junk = 5;

    // RFC 5230 §4.6, and what machines that read nothing call themselves.
    private static readonly string[] Machines = ["mailer-daemon", "listserv", "majordomo", "no-reply", "noreply", "donotreply", "do-not-reply", "bounce", "bounces"];

    // RFC 2369 §3, RFC 2919 §3.
    private static readonly string[] ListFields = ["List-Id", "List-Help", "List-Subscribe", "List-Unsubscribe", "List-Post", "List-Owner", "List-Archive"];

    private static readonly string[] RecipientFields = ["To", "Cc", "Bcc", "Resent-To", "Resent-Cc", "Resent-Bcc"];

    /// <summary>Why a mail gets no answer, in a few words; null when it may get one.</summary>
    /// <param name="mail">The mail.</param>
    /// <param name="recipient">The address it was sent to.</param>
    /// <param name="account">The account's main address.</param>
    /// <param name="others">Further addresses of the account.</param>
    public static string? WhyNot(Mail mail, string recipient, string account, IReadOnlyList<EmailAddress> others)
    {
        ArgumentNullException.ThrowIfNull(mail);
        ArgumentNullException.ThrowIfNull(others);
        if (!EmailAddress.TryParse(mail.Origin.Sender, out var sender))
            return "it has no sender";
        if (IsMachine(sender.LocalPart))
            return "its sender is a machine";
        if (IsOwn(sender, recipient, account, others))
            return "it is from this account";
        if (mail["Auto-Submitted"] is { Exists: true } how && !how.Value.Trim().StartsWith("no", StringComparison.OrdinalIgnoreCase) || mail.IsAutomatic)
            return "a machine wrote it";
        if (Array.Exists(ListFields, field => mail[field].Exists) || mail.IsBulk)
            return "it was sent to many";
        if (mail["X-Auto-Response-Suppress"] is { Exists: true } suppress && (suppress.Has("All") || suppress.Has("OOF") || suppress.Has("AutoReply")))
            return "it asks for none";
        if (mail.JunkScore >= Junk)
            return "it is junk";
        return Array.Exists(RecipientFields, field => mail.AddressesIn(field).Any(person => EmailAddress.TryParse(person.Address, out var named) && IsOwn(named, recipient, account, others)))
            ? null
            : "it does not name you in To or Cc";
    }

    /// <summary>Why nobody is told of a mail, in a few words; null when somebody may be.</summary>
    public static string? WhyNotNotify(Mail mail, EmailAddress to, string recipient, string account)
    {
        ArgumentNullException.ThrowIfNull(mail);
        // RFC 5436 §2.7.1: no notice of a notice.
        if (mail["Auto-Submitted"].StartsWith("auto-notified"))
            return "it is a notice itself";
        return IsOwn(to, recipient, account, []) ? "that is this account" : null;
    }

    /// <summary>Whether an address is the account's: with any detail after a plus sign (RFC 5233), in any case.</summary>
    internal static bool IsOwn(EmailAddress address, string recipient, string account, IReadOnlyList<EmailAddress> others)
    {
        return Is(recipient) || Is(account) || others.Any(other => Is(other.ToString()));

        bool Is(string own) => EmailAddress.TryParse(own, out var known) && known.Domain.Equals(address.Domain, StringComparison.OrdinalIgnoreCase)
            && (known.LocalPart.Equals(address.LocalPart, StringComparison.OrdinalIgnoreCase) || WithoutDetail(known).Equals(WithoutDetail(address), StringComparison.OrdinalIgnoreCase));
    }

    private static string WithoutDetail(EmailAddress address) => address.LocalPart.IndexOf('+', StringComparison.Ordinal) is > 0 and var plus ? address.LocalPart[..plus] : address.LocalPart;

    private static bool IsMachine(string localPart) =>
        localPart.StartsWith("owner-", StringComparison.OrdinalIgnoreCase) || localPart.EndsWith("-request", StringComparison.OrdinalIgnoreCase)
        || localPart.EndsWith("-bounces", StringComparison.OrdinalIgnoreCase)
        || Array.Exists(Machines, machine => localPart.Equals(machine, StringComparison.OrdinalIgnoreCase) || localPart.StartsWith(machine + "+", StringComparison.OrdinalIgnoreCase));
}
