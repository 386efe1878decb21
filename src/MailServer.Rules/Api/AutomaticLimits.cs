namespace MailServer.Rules;

/// <summary>Bounds of what rules have the server write.</summary>
internal static class AutomaticLimits
{
    /// <summary>Characters of a text: some screens.</summary>
    public const int MaxText = 8 * 1024;

    /// <summary>Characters of a subject: what a mail program shows.</summary>
    public const int MaxSubject = 200;

    /// <summary>Own addresses that a script may name.</summary>
    public const int MaxAddresses = 50;

    /// <summary>RFC 5230 §4.1 asks for a bound of at least 7 and recommends 30 and more.</summary>
    public const int MaxDays = 90;

    /// <summary>A storm of alarms is told of once a minute.</summary>
    public static readonly TimeSpan NoticeInterval = TimeSpan.FromMinutes(1);

    public static string TextOf(string text) => text.Length <= MaxText ? text : text[..MaxText];

    public static string? SubjectOf(string? subject) =>
        string.IsNullOrWhiteSpace(subject) ? null : string.Concat((subject.Length <= MaxSubject ? subject : subject[..MaxSubject]).Select(c => char.IsControl(c) ? ' ' : c));

    /// <summary>Whether what a worker says can have come from a verb.</summary>
    public static bool IsSound(AutomaticMail mail) =>
        mail.Text.Length is > 0 and <= MaxText && mail.Subject is null or { Length: <= MaxSubject } && mail.Subject?.Any(char.IsControl) != true
        && mail.Handle.Length <= NoteLimits.MaxKey && mail.Addresses.Count <= MaxAddresses && mail.Addresses.All(SendAddress.IsSound)
        && (mail.To is { } to ? SendAddress.IsSound(to) && mail.Interval == NoticeInterval : mail.Interval >= TimeSpan.FromDays(1) && mail.Interval <= TimeSpan.FromDays(MaxDays));
}
