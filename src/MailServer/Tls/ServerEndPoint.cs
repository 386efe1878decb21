using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace MailServer.Server.Tls;

/// <summary>
/// The channel binding <c>tls-server-end-point</c>, RFC 5929 §4.1: the hash of the certificate by the hash function of its signature, SHA-256
/// in place of MD5 and SHA-1. Made here, since the runtime makes it for clients only. Empty where the signature names no single hash (Ed25519):
/// nothing is defined for it.
/// </summary>
internal static class ServerEndPoint
{
    public static ReadOnlyMemory<byte> Of(X509Certificate2 certificate) => certificate.SignatureAlgorithm.Value switch
    {
        // RSA and ECDSA with MD5, SHA-1, SHA-256.
        "1.2.840.113549.1.1.4" or "1.2.840.113549.1.1.5" or "1.2.840.10045.4.1" or "1.2.840.113549.1.1.11" or "1.2.840.10045.4.3.2" =>
            SHA256.HashData(certificate.RawDataMemory.Span),
        "1.2.840.113549.1.1.12" or "1.2.840.10045.4.3.3" => SHA384.HashData(certificate.RawDataMemory.Span),
        "1.2.840.113549.1.1.13" or "1.2.840.10045.4.3.4" => SHA512.HashData(certificate.RawDataMemory.Span),
        _ => default,
    };
}
