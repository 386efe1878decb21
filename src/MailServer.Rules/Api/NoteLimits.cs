using System.Security.Cryptography;
using System.Text;

namespace MailServer.Rules;

/// <summary>What notes may be. They are for marks and counts, not for mail.</summary>
public static class NoteLimits
{
    /// <summary>Characters of a key: a Message-ID with a word before it. A longer one is kept as its digest, which compares as well.</summary>
    public const int MaxKey = 200;

    /// <summary>Characters of a text; a longer one is cut.</summary>
    public const int MaxValue = 500;

    /// <summary>Changes that one mail can make: rules make one or two, a loop over a mail's own values as many as it likes.</summary>
    public const int MaxChanges = 32;

    /// <summary>Notes of one account: a month of a busy list, and a few megabytes of memory. Beyond, those go that would be forgotten first.</summary>
    public const int MaxNotes = 10_000;

    /// <summary>How long a note may live: a year and a day, so that a yearly mail still meets the last one's.</summary>
    public static TimeSpan MaxLife { get; } = TimeSpan.FromDays(367);

    /// <summary>A key as it is kept.</summary>
    public static string KeyOf(string? key) => key switch
    {
        null => "",
        { Length: <= MaxKey } => key,
        _ => "sha256:" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key))),
    };

    internal static string ValueOf(string? value) => value is null ? "" : value.Length <= MaxValue ? value : value[..MaxValue];
}
