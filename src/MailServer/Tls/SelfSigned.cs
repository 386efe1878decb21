using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace MailServer.Server.Tls;

/// <summary>Makes a certificate that nobody vouches for, to try things out with.</summary>
internal static class SelfSigned
{
    private static readonly TimeSpan Life = TimeSpan.FromDays(30);

    /// <summary>Writes a certificate for loopback and its key (mode 0600) as PEM files.</summary>
    public static void Write(string certificateFile, string keyFile, string hostname, DateTimeOffset now)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={hostname}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(hostname);
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        names.AddIpAddress(IPAddress.IPv6Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new("1.3.6.1.5.5.7.3.1")], false)); // serverAuth
        using var certificate = request.CreateSelfSigned(now - TimeSpan.FromHours(1), now + Life);

        File.Delete(keyFile);
        using (var file = new StreamWriter(keyFile, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        }))
            file.WriteLine(key.ExportPkcs8PrivateKeyPem());
        File.WriteAllText(certificateFile, certificate.ExportCertificatePem() + "\n");
    }
}
