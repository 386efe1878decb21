using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using MailServer.Accounts.Sasl;

namespace MailServer.Accounts.Tests;

/// <summary>The other side of SCRAM-SHA-256, from RFC 5802 §3 alone.</summary>
internal static class ScramClient
{
    /// <summary>Runs an exchange to its end, and checks that the server knows the keys too.</summary>
    public static async Task<SaslStep> RunAsync(ISaslExchange exchange, string header, string user, string password, byte[] binding)
    {
        var bare = $"n={user},r=clientnonce";
        var first = await exchange.RespondAsync(Encoding.UTF8.GetBytes(header + bare), default);
        var serverFirst = Encoding.ASCII.GetString(Assert.IsType<SaslStep.Challenge>(first).Data.Span);
        var parts = serverFirst.Split(',');
        var salted = Rfc2898DeriveBytes.Pbkdf2(
            Encoding.UTF8.GetBytes(SaslPrep.Prepare(password, out _) ?? password), Convert.FromBase64String(parts[1][2..]), int.Parse(parts[2][2..], CultureInfo.InvariantCulture), HashAlgorithmName.SHA256, 32);
        var withoutProof = $"c={Convert.ToBase64String([.. Encoding.ASCII.GetBytes(header), .. binding])},{parts[0]}";
        var transcript = Encoding.UTF8.GetBytes($"{bare},{serverFirst},{withoutProof}");
        var clientKey = HMACSHA256.HashData(salted, "Client Key"u8);
        var signature = HMACSHA256.HashData(SHA256.HashData(clientKey), transcript);
        var proof = clientKey.Zip(signature, (a, b) => (byte)(a ^ b)).ToArray();
        var last = await exchange.RespondAsync(Encoding.UTF8.GetBytes($"{withoutProof},p={Convert.ToBase64String(proof)}"), default);
        if (last is not SaslStep.Challenge challenge)
            return last;
        var expected = HMACSHA256.HashData(HMACSHA256.HashData(salted, "Server Key"u8), transcript);
        Assert.Equal($"v={Convert.ToBase64String(expected)}", Encoding.ASCII.GetString(challenge.Data.Span));
        return await exchange.RespondAsync([], default);
    }
}
