using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace MailServer.Storage;

/// <summary>Fills the pattern that says where an account's Maildir is.</summary>
internal static class MaildirPattern
{
    private const int MaxLength = 200; // octets of one directory name, below the 255 that file systems give

    public static string Fill(StoreOptions options, User user) => Fill(options, options.Maildir, user);

    public static string Fill(StoreOptions options, string pattern, User user)
    {
        var domain = Safe(user.Address.Domain);
        var name = Safe(user.Address.LocalPart);
        var home = user.Home ?? Path.Combine(options.DataDirectory, "home", domain, name);
        return Path.GetFullPath(pattern
            .Replace("{home}", home, StringComparison.Ordinal)
            .Replace("{data}", options.DataDirectory, StringComparison.Ordinal)
            .Replace("{domain}", domain, StringComparison.Ordinal)
            .Replace("{user}", name, StringComparison.Ordinal));
    }

    /// <summary>One directory name, a different one for every text: no slash, no leading dot, no brace, nothing unprintable.</summary>
    internal static string Safe(string text)
    {
        var safe = new StringBuilder();
        foreach (var rune in text.EnumerateRunes())
            if (rune.Value is '/' or '%' or '{' or '}' or '\\' || Rune.IsControl(rune) || (rune.Value == '.' && safe.Length == 0))
                safe.Append(CultureInfo.InvariantCulture, $"%{rune.Value:X2}");
            else
                safe.Append(rune.ToString());
        var name = safe.ToString();
        return Encoding.UTF8.GetByteCount(name) <= MaxLength
            ? name
            : "%long" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name)));
    }
}
