using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace MailServer.Plugins.Relay;

/// <summary>A TLSA record (RFC 6698 §2.1) and what fits it.</summary>
/// <param name="Usage">2: an authority, 3: the server's own certificate. The others need the public authorities and are not for SMTP (RFC 7672 §3.1.3).</param>
/// <param name="Selector">0: the whole certificate, 1: its public key.</param>
/// <param name="Matching">0: the octets, 1: their SHA-256, 2: their SHA-512.</param>
/// <param name="Data">What is compared.</param>
internal sealed record TlsaData(int Usage, int Selector, int Matching, byte[] Data)
{
    /// <summary>Whether it is of a kind that SMTP uses (RFC 7672 §3.1).</summary>
    public bool IsUsable => Usage is 2 or 3 && Selector is 0 or 1 && Data.Length == Matching switch { 0 => Math.Max(1, Data.Length), 1 => 32, 2 => 64, _ => -1 };

    public bool Fits(X509Certificate2 certificate, X509Chain? chain, IReadOnlyList<string> names) => Usage switch
    {
        // RFC 7672 §3.1.1: neither names nor dates count, the record says it all.
        3 => Matches(certificate),
        2 => names.Any(name => certificate.MatchesHostname(name)) && Sent(chain).FirstOrDefault(Matches) is { } authority && IsBelow(certificate, authority, chain!),
        _ => false,
    };

    private bool Matches(X509Certificate2 certificate)
    {
        var octets = Selector == 0 ? certificate.RawData : certificate.PublicKey.ExportSubjectPublicKeyInfo();
        var found = Matching switch { 0 => octets, 1 => SHA256.HashData(octets), _ => SHA512.HashData(octets) };
        return CryptographicOperations.FixedTimeEquals(found, Data);
    }

    private static IEnumerable<X509Certificate2> Sent(X509Chain? chain) =>
        chain is null ? [] : chain.ChainPolicy.ExtraStore.Concat(chain.ChainElements.Select(element => element.Certificate));

    /// <summary>RFC 7672 §3.1.2: what the server sent leads from its certificate to the authority, and all of it is in date.</summary>
    private static bool IsBelow(X509Certificate2 certificate, X509Certificate2 authority, X509Chain sent)
    {
        using var chain = new X509Chain { ChainPolicy = new() { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck } };
        chain.ChainPolicy.CustomTrustStore.Add(authority);
        chain.ChainPolicy.ExtraStore.AddRange(sent.ChainPolicy.ExtraStore);
        chain.Build(certificate);
        return chain.ChainStatus.All(status => status.Status is X509ChainStatusFlags.NoError or X509ChainStatusFlags.PartialChain or X509ChainStatusFlags.UntrustedRoot)
            && chain.ChainElements.Any(element => element.Certificate.RawDataMemory.Span.SequenceEqual(authority.RawDataMemory.Span));
    }
}
