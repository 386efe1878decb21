using System.Buffers;
using System.Security.Cryptography;
using System.Text;

namespace MailServer.Storage;

/// <summary>
/// MAILBOXID and EMAILID (RFC 8474), made of what plain files hold, so that they outlive the index: the GUID in the head of the UID list, and
/// the message's base name or, for a copy, the key <c>G</c> of its line, which Dovecot has for the same purpose.
/// </summary>
internal static class ObjectIds
{
    /// <summary>The key of a line whose message has another one's GUID.</summary>
    public const char GuidKey = 'G';

    /// <summary>An objectid has 1 to 255 of these (RFC 8474 §7); one letter before it says of what kind it is.</summary>
    private const int MaxGuid = 254;

    private static readonly SearchValues<char> Allowed = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-");

    /// <summary>The folder's. UIDVALIDITY, which no two folders of an account ever share, stands in where a list has no GUID.</summary>
    public static string OfMailbox(string headerExtras, uint uidValidity)
    {
        foreach (var word in headerExtras.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            if (word[0] == GuidKey && IsObjectId(word.AsSpan(1)))
                return "F" + word[1..];
        return $"FV{uidValidity:x8}";
    }

    /// <summary>A message's: the same for its copies, in whatever folder.</summary>
    public static string OfEmail(string baseName, string uidExtras) => "M" + DigestOf(GuidIn(uidExtras) ?? baseName);

    /// <summary>The key that gives a copy the message's identity.</summary>
    public static string KeyForCopy(string baseName, string uidExtras) => GuidKey + (GuidIn(uidExtras) ?? DigestOf(baseName));

    private static string? GuidIn(string uidExtras) =>
        uidExtras.Length > 0 && new UidRecord(0, "", uidExtras).Extra(GuidKey) is { Length: > 0 } guid ? guid : null;

    private static string DigestOf(string guid) => guid.Length == 32 && !guid.AsSpan().ContainsAnyExcept(Hexadecimal)
        ? guid
        : Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(guid)).AsSpan(0, 16));

    private static readonly SearchValues<char> Hexadecimal = SearchValues.Create("0123456789abcdef");

    private static bool IsObjectId(ReadOnlySpan<char> text) => text.Length is > 0 and <= MaxGuid && !text.ContainsAnyExcept(Allowed);
}
