using System.Text.Unicode;
using MailServer.Posix;

namespace MailServer.Storage;

/// <summary>
/// File names that no line of a plain file can hold, or that are no UTF-8. Such a file gets a name with those octets in octal, as Maildir
/// names write <c>/</c> and <c>:</c> in a host (https://cr.yp.to/proto/maildir.html); a UID list that has it is read the same way.
/// </summary>
internal static class OddName
{
    /// <summary>A better name, or null when the name is good as it is.</summary>
    public static string? Mended(ReadOnlySpan<byte> name) =>
        Utf8.IsValid(name) && name.IndexOfAny((byte)'\n', (byte)'\t') < 0 ? null : RawNames.Escape(name);

    /// <summary>Whether a name as .NET gives it may be odd: U+FFFD is what it puts in place of octets that are no UTF-8.</summary>
    public static bool MayBe(ReadOnlySpan<char> name) =>
        name.Length > 0 && name[0] != '.' && (name[0] == ':' || name.IndexOfAny('\n', '\t', '\uFFFD') >= 0);
}
