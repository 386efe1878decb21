using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace MailServer.Plugins.Relay;

/// <summary>How a server has to prove who it is, by what its domain publishes.</summary>
internal abstract record TlsPolicy
{
    private TlsPolicy() { }

    /// <summary>Nothing is published: TLS where it works, whoever's certificate it is (RFC 7435).</summary>
    public static TlsPolicy Opportunistic { get; } = new None();

    /// <summary>Whether mail waits rather than goes without it.</summary>
    public virtual bool IsMandatory => true;

    /// <summary>As TLS reports name it (RFC 8460 §4.4).</summary>
    public abstract string Type { get; }

    /// <summary>Whether a certificate is good enough.</summary>
    /// <param name="certificate">The server's.</param>
    /// <param name="chain">What it sent with it, and what was made of it.</param>
    /// <param name="errors">What .NET thinks of it.</param>
    public abstract bool Accepts(X509Certificate2? certificate, X509Chain? chain, SslPolicyErrors errors);

    /// <summary>See <see cref="Opportunistic"/>.</summary>
    private sealed record None : TlsPolicy
    {
        public override bool IsMandatory => false;

        public override string Type => "no-policy-found";

        public override bool Accepts(X509Certificate2? certificate, X509Chain? chain, SslPolicyErrors errors) => true;
    }

    /// <summary>There are TLSA records, of kinds that we cannot use: TLS, whoever's certificate it is (RFC 7672 §2.2).</summary>
    public sealed record Encrypted : TlsPolicy
    {
        public override string Type => "tlsa";

        public override bool Accepts(X509Certificate2? certificate, X509Chain? chain, SslPolicyErrors errors) => true;
    }

    /// <summary>A certificate that the public authorities vouch for, in the server's name (RFC 8461 §4.2).</summary>
    /// <param name="IsTesting">Whether mail goes there all the same, and only the failure is noted.</param>
    public sealed record Verified(bool IsTesting) : TlsPolicy
    {
        public override bool IsMandatory => !IsTesting;

        public override string Type => "sts";

        public override bool Accepts(X509Certificate2? certificate, X509Chain? chain, SslPolicyErrors errors) => IsTesting || errors == SslPolicyErrors.None;
    }

    /// <summary>A certificate that a TLSA record fits (RFC 7672 §3).</summary>
    /// <param name="Records">Those that can be used.</param>
    /// <param name="Names">Names that a certificate below an authority of the records may have (RFC 7672 §3.2.2).</param>
    public sealed record Dane(IReadOnlyList<TlsaData> Records, IReadOnlyList<string> Names) : TlsPolicy
    {
        public override string Type => "tlsa";

        public override bool Accepts(X509Certificate2? certificate, X509Chain? chain, SslPolicyErrors errors) =>
            certificate is not null && Records.Any(record => record.Fits(certificate, chain, Names));
    }
}
