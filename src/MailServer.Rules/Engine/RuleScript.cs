using System.Security.Cryptography;
using System.Text;

namespace MailServer.Rules;

/// <summary>A script's text and the key its compiled form is kept under.</summary>
internal sealed record RuleScript(string Path, byte[] Text)
{
    /// <summary>The class that the compiler makes of a script.</summary>
    public const string ClassName = "Rule";

    /// <summary>Bytes of a script: far beyond what a person writes, little enough that a log file put there by mistake is not compiled.</summary>
    public const int MaxSize = 256 * 1024;

    /// <summary>Digits that name a text among all that a script ever was: 48 bits.</summary>
    private const int VersionLength = 12;

    /// <summary>The file's name, which is the rule's name.</summary>
    public string File => System.IO.Path.GetFileName(Path);

    /// <summary>The name of the compiled form: the same text for the same API and compiler gives the same key.</summary>
    public string KeyFor(string identity) => KeyOf(identity, Text);

    /// <summary>The text's part of a key: the beginning of what <c>sha256sum</c> shows of the file.</summary>
    public static string VersionOf(string key) => key[..VersionLength];

    public static string KeyOf(string identity, byte[] text)
    {
        var version = Convert.ToHexStringLower(SHA256.HashData(text).AsSpan(0, VersionLength / 2));
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.ASCII.GetBytes(identity));
        hash.AppendData(text);
        return version + Convert.ToHexStringLower(hash.GetHashAndReset().AsSpan(0, 16));
    }
}
