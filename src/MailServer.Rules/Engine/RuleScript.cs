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

    /// <summary>The file's name, which is the rule's name.</summary>
    public string File => System.IO.Path.GetFileName(Path);

    /// <summary>The name of the compiled form: the same text for the same API and compiler gives the same key.</summary>
    public string KeyFor(string identity) => KeyOf(identity, Text);

    public static string KeyOf(string identity, byte[] text)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.ASCII.GetBytes(identity));
        hash.AppendData(text);
        return Convert.ToHexStringLower(hash.GetHashAndReset().AsSpan(0, 16));
    }
}
