using System.Security.Cryptography;
using System.Text;

namespace MailServer.Rules;

/// <summary>What besides its text decides a script's compiled form: the API's version and the compiler's.</summary>
internal static class RuleIdentity
{
    /// <summary>This build of the API. The rule host refuses to compile for another.</summary>
    public static string Api { get; } =
        $"{typeof(Mail).Module.ModuleVersionId:N}{typeof(Delivery).Module.ModuleVersionId:N}";

    /// <summary>The API and the compiler. The rule host's list of dependencies names the compiler's version.</summary>
    public static string Of(string ruleHost, string purpose = "")
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.ASCII.GetBytes(Api + purpose));
        foreach (var file in new[] { ruleHost, Path.ChangeExtension(ruleHost, ".deps.json") })
            if (File.Exists(file))
                hash.AppendData(File.ReadAllBytes(file));
        return Convert.ToHexStringLower(hash.GetHashAndReset().AsSpan(0, 8));
    }
}
