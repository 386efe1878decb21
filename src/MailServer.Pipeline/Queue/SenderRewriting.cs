using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using MailServer.Posix;
using Microsoft.Extensions.Logging;

namespace MailServer.Pipeline;

/// <summary>
/// Sender addresses for mail that is sent on (the Sender Rewriting Scheme): the next server asks SPF whether we may send for the address in MAIL FROM, so it becomes
/// one of ours, which leads back to the first sender. <c>SRS0=hash=day=domain=local</c>; one that another server has made becomes <c>SRS1=hash=host=rest</c>. The hash
/// is keyed: nobody else makes an address that we would send mail on for.
/// </summary>
/// <param name="keyFile">Where the key is kept; it is made when it is first needed.</param>
/// <param name="logger">Where a disk's failure is told.</param>
internal sealed class SenderRewriting(string keyFile, ILogger logger)
{
    // Five bits each. Local parts are lowered on their way, so case must not matter.
    private const string Digits = "abcdefghijklmnopqrstuvwxyz234567";

    /// <summary>Letters of the hash: 2^35 guesses, each a whole SMTP command.</summary>
    private const int HashLength = 7;

    /// <summary>Days counted in two letters; they begin again after that.</summary>
    private const int Days = 1024;

    /// <summary>How long a notice may take to come back: longer than any queue waits.</summary>
    private const int MaxAge = 21;

    /// <summary>RFC 5321 §4.5.3.1.1 has a server take 64 octets; most take more. Beyond this the address stays as it was.</summary>
    private const int MaxLocalPart = 200;

    private readonly Lock _gate = new();
    private byte[]? _key;

    /// <summary>The address to send on with.</summary>
    /// <param name="sender">The sender until now.</param>
    /// <param name="domain">The domain of ours that sends it on.</param>
    /// <param name="now">The time.</param>
    public EmailAddress Forward(EmailAddress sender, string domain, DateTimeOffset now)
    {
        var local = Cut(sender.LocalPart) switch
        {
            ("SRS0", var rest) => Signed("SRS1=", $"{sender.Domain}={rest}"),
            ("SRS1", var rest) when rest.IndexOf('=', 1) is > 0 and var at => Signed("SRS1=", rest[(at + 1)..]),
            _ => Signed("SRS0=", $"{DayOf(now)}={sender.Domain}={sender.LocalPart}"),
        };
        return local is null || local.Length > MaxLocalPart ? sender : new(local, domain);
    }

    /// <summary>Whom an address of ours stands for. False when it is none, when its hash is wrong, or when it is too old.</summary>
    public bool TryReverse(EmailAddress address, DateTimeOffset now, out EmailAddress sender)
    {
        sender = default;
        var (scheme, rest) = Cut(address.LocalPart);
        // Cut leaves the separator in front, which may have become another on its way.
        if (scheme is null || rest.IndexOf('=', 1) is var at && at != HashLength + 1 || !IsSigned(rest[1..at], rest[(at + 1)..]))
            return false;
        var parts = rest[(at + 1)..].Split('=', scheme == "SRS0" ? 3 : 2);
        if (scheme == "SRS0")
            return parts is [{ Length: 2 } day, { Length: > 0 } domain, { Length: > 0 } local] && IsRecent(day, now) && TryAddress(local, domain, out sender);
        return parts is [{ Length: > 0 } host, { Length: > 1 } end] && TryAddress("SRS0" + end, host, out sender);
    }

    private static bool TryAddress(string local, string domain, out EmailAddress address) => EmailAddress.TryParse($"{local}@{domain}", out address);

    /// <summary>The scheme, and what follows with its separator.</summary>
    private static (string? Scheme, string End) Cut(string local) =>
        local.Length > 5 && local[4] is '=' or '+' or '-' && (local.StartsWith("SRS0", StringComparison.OrdinalIgnoreCase) || local.StartsWith("SRS1", StringComparison.OrdinalIgnoreCase))
            ? (local[..4].ToUpperInvariant(), local[4..])
            : (null, "");

    private string? Signed(string scheme, string rest) => Hash(rest) is { } hash ? $"{scheme}{hash}={rest}" : null;

    private bool IsSigned(string hash, string rest) => Hash(rest) is { } right
        && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(right), Encoding.UTF8.GetBytes(hash.ToLowerInvariant()));

    private string? Hash(string text)
    {
        if (Key() is not { } key)
            return null;
        var hash = HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(text.ToLowerInvariant()));
        return string.Create(HashLength, hash, static (target, source) =>
        {
            for (var i = 0; i < target.Length; i++)
                target[i] = Digits[source[i] & 31];
        });
    }

    private static string DayOf(DateTimeOffset now)
    {
        var day = DayNumber(now);
        return string.Create(CultureInfo.InvariantCulture, $"{Digits[day >> 5]}{Digits[day & 31]}");
    }

    private static int DayNumber(DateTimeOffset now) => (int)(now.ToUnixTimeSeconds() / 86_400 % Days);

    private static bool IsRecent(string day, DateTimeOffset now)
    {
        var (high, low) = (Digits.IndexOf(char.ToLowerInvariant(day[0]), StringComparison.Ordinal), Digits.IndexOf(char.ToLowerInvariant(day[1]), StringComparison.Ordinal));
        return high >= 0 && low >= 0 && (DayNumber(now) - (high << 5 | low) + Days) % Days <= MaxAge;
    }

    private byte[]? Key()
    {
        lock (_gate)
        {
            if (_key is not null)
                return _key;
            try
            {
                if (!File.Exists(keyFile))
                {
                    DiskFile.MakeDirectory(Path.GetDirectoryName(keyFile)!);
                    DurableFile.WriteAllBytes(keyFile, RandomNumberGenerator.GetBytes(32), DiskFile.Private);
                }

                return File.ReadAllBytes(keyFile) is { Length: >= 16 } key ? _key = key : throw new IOException($"{keyFile}: shorter than a key");
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                Log.NoRewritingKey(logger, OneLine.Of(e));
                return null;
            }
        }
    }
}
