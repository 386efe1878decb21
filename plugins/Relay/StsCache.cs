using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace MailServer.Plugins.Relay;

/// <summary>Policies as they were fetched, each in a file: <c>id</c>, the time until which it holds, and the policy's text. They outlive a restart, so that nobody gets rid of one by blocking the way to it.</summary>
internal sealed class StsCache(string directory)
{
    public (string Id, StsPolicy Policy)? Find(string domain, DateTimeOffset now)
    {
        try
        {
            var text = File.ReadAllText(PathOf(domain));
            var parts = text.Split('\n', 3);
            return parts.Length == 3 && DateTimeOffset.TryParse(parts[1], CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind, out var until) && until > now && StsPolicy.Read(parts[2]) is { } policy
                ? (parts[0], policy)
                : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    public void Keep(string domain, string id, string text, DateTimeOffset until)
    {
        try
        {
            Directory.CreateDirectory(directory);
            var draft = $"{PathOf(domain)}.{Guid.NewGuid():N}";
            File.WriteAllText(draft, $"{id}\n{until:O}\n{text}");
            File.Move(draft, PathOf(domain), overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It is fetched again.
        }
    }

    // A domain's name may be longer than a file's.
    private string PathOf(string domain) => Path.Combine(directory, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(domain)).AsSpan(0, 16)));
}
