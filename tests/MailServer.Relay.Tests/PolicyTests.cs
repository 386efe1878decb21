using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MailServer.Plugins.Relay;

namespace MailServer.Relay.Tests;

/// <summary>What a domain publishes about TLS is kept to: pass, fail or wait, as RFC 7672, RFC 8461 and RFC 8689 say.</summary>
public sealed class PolicyTests
{
    private const string Enforce = "version: STSv1\r\nmode: enforce\r\nmx: mx.e.example\r\nmax_age: 86400\r\n";

    // usage, selector, matching, of whose certificate, whether all is signed; what comes of it
    [Theory]
    [InlineData(3, 1, 1, "own", true, true)]
    [InlineData(3, 0, 1, "own", true, true)]
    [InlineData(3, 1, 2, "own", true, true)]
    [InlineData(3, 0, 0, "own", true, true)]
    [InlineData(3, 1, 1, "other", true, false)]
    [InlineData(3, 1, 1, "other", false, true)]
    [InlineData(2, 0, 1, "own", true, true)]
    [InlineData(2, 1, 1, "other", true, false)]
    [InlineData(1, 1, 1, "other", true, true)]
    [InlineData(3, 7, 1, "other", true, true)]
    public async Task A_certificate_has_to_fit_signed_tlsa_records(int usage, int selector, int matching, string whose, bool isSigned, bool passes)
    {
        await using var dns = new FakeDns();
        await using var rig = await StartAsync(dns, "mx.e.example");
        using var other = Peer.NewCertificate("mx.e.example");
        var certificate = whose == "own" ? rig.Peer.Certificate! : other;
        var octets = selector == 0 ? certificate.RawData : certificate.PublicKey.ExportSubjectPublicKeyInfo();
        dns.WithTlsa($"_{rig.Peer.Port}._tcp.mx.e.example", usage, selector, matching, matching switch { 0 => octets, 1 => SHA256.HashData(octets), _ => SHA512.HashData(octets) });
        if (isSigned)
            Sign(dns, rig);
        var result = await rig.SendAsync(recipient: "bob@e.example");
        Assert.Equal(passes ? null : "4.7.5", result.Problem?.Status.ToString());
        Assert.Equal(!passes, result.IsUnreachable);
        Assert.Equal(passes ? 1 : 0, rig.Peer.Messages.Count);
    }

    [Fact]
    public async Task Where_tlsa_records_ask_for_tls_none_goes_without()
    {
        await using var dns = new FakeDns();
        await using var rig = await StartAsync(dns, "mx.e.example");
        rig.Peer.Extensions.Remove("STARTTLS");
        dns.WithTlsa($"_{rig.Peer.Port}._tcp.mx.e.example", 0, 0, 0, [1]);
        Sign(dns, rig);
        Assert.Equal("4.7.4", (await rig.SendAsync(recipient: "bob@e.example")).Problem?.Status.ToString());
        Assert.Empty(rig.Peer.Messages);
    }

    [Fact]
    public async Task Tlsa_records_that_cannot_be_looked_up_are_a_reason_to_wait()
    {
        await using var dns = new FakeDns();
        await using var rig = await StartAsync(dns, "mx.e.example");
        dns.WithCode($"_{rig.Peer.Port}._tcp.mx.e.example", 2);
        Sign(dns, rig);
        Assert.Equal("4.4.3", (await rig.SendAsync(recipient: "bob@e.example")).Problem?.Status.ToString());
        Assert.Empty(rig.Peer.Messages);
    }

    [Fact]
    public async Task A_resolver_elsewhere_is_not_believed_about_signatures()
    {
        await using var dns = new FakeDns();
        await using var rig = await StartAsync(dns, "mx.e.example", null, ("trust_dns", "no"));
        dns.WithTlsa($"_{rig.Peer.Port}._tcp.mx.e.example", 3, 1, 1, new byte[32]);
        Sign(dns, rig);
        Assert.Null((await rig.SendAsync(recipient: "bob@e.example")).Problem);
    }

    // mode, the server's name in the policy, the name in its certificate; what comes of it
    [Theory]
    [InlineData("enforce", "mx.e.example", "mx.e.example", null)]
    [InlineData("enforce", "*.e.example", "mx.e.example", null)]
    [InlineData("enforce", "*.example", "mx.e.example", "4.7.0")]
    [InlineData("enforce", "other.e.example", "mx.e.example", "4.7.0")]
    [InlineData("enforce", "mx.e.example", "other.example", "4.7.5")]
    [InlineData("testing", "other.e.example", "other.example", null)]
    [InlineData("none", "mx.e.example", "other.example", null)]
    public async Task A_policy_is_kept_to(string mode, string mx, string name, string? status)
    {
        await using var dns = new FakeDns();
        using var certificate = Peer.NewCertificate("mta-sts.e.example");
        await using var site = new PolicySite(certificate) { Policy = Enforce.Replace("enforce", mode, StringComparison.Ordinal).Replace("mx.e.example", mx, StringComparison.Ordinal) };
        await using var rig = await StartAsync(dns, name, site, certificate);
        dns.WithText("_mta-sts.e.example", "v=STSv1; id=1;").WithAddress("mta-sts.e.example", "127.0.0.1");
        Assert.Equal(status, (await rig.SendAsync(recipient: "bob@e.example")).Problem?.Status.ToString());
        Assert.Equal(status is null ? 1 : 0, rig.Peer.Messages.Count);
        Assert.Equal(1, site.Count);
    }

    [Fact]
    public async Task A_policy_is_fetched_once_for_each_id_and_outlives_its_site_and_its_record()
    {
        await using var dns = new FakeDns();
        using var certificate = Peer.NewCertificate("mta-sts.e.example");
        await using var site = new PolicySite(certificate) { Policy = Enforce };
        await using var rig = await StartAsync(dns, "other.example", site, certificate);
        dns.WithText("_mta-sts.e.example", "v=STSv1; id=1;").WithAddress("mta-sts.e.example", "127.0.0.1");
        for (var i = 0; i < 2; i++)
            Assert.Equal("4.7.5", (await rig.SendAsync(recipient: "bob@e.example")).Problem?.Status.ToString());
        Assert.Equal(1, site.Count);
        // FakeDns says that answers hold a second.
        dns.Without("_mta-sts.e.example").WithText("_mta-sts.e.example", "v=STSv1; id=2;");
        site.Status = "404 Not found";
        await using var again = await StartAsync(dns, "other.example", site, certificate, rig);
        Assert.Equal("4.7.5", (await again.SendAsync(recipient: "bob@e.example")).Problem?.Status.ToString());
        Assert.Equal(2, site.Count);
        dns.Without("_mta-sts.e.example");
        await using var third = await StartAsync(dns, "other.example", site, certificate, rig);
        Assert.Equal("4.7.5", (await third.SendAsync(recipient: "bob@e.example")).Problem?.Status.ToString());
    }

    [Theory]
    [InlineData("301 Moved", true)]
    [InlineData("200 OK", false)]
    public async Task What_a_site_says_in_nobodys_name_is_no_policy(string status, bool isTrusted)
    {
        await using var dns = new FakeDns();
        using var certificate = Peer.NewCertificate(isTrusted ? "mta-sts.e.example" : "mta-sts.other.example");
        await using var site = new PolicySite(certificate) { Policy = Enforce, Status = status };
        await using var rig = await StartAsync(dns, "other.example", site, certificate);
        dns.WithText("_mta-sts.e.example", "v=STSv1; id=1;").WithAddress("mta-sts.e.example", "127.0.0.1");
        Assert.Null((await rig.SendAsync(recipient: "bob@e.example")).Problem);
    }

    // what the server offers, the name in its certificate, whether MX is signed; what comes of it
    [Theory]
    [InlineData("STARTTLS REQUIRETLS", "mx.e.example", true, null)]
    [InlineData("STARTTLS REQUIRETLS", "mx.e.example", false, "5.7.30")]
    [InlineData("STARTTLS", "mx.e.example", true, "5.7.30")]
    [InlineData("STARTTLS REQUIRETLS", "other.example", true, "5.7.10")]
    [InlineData("REQUIRETLS", "mx.e.example", true, "5.7.10")]
    public async Task A_message_that_requires_tls_goes_to_servers_that_give_it_alone(string extensions, string name, bool isSigned, string? status)
    {
        await using var dns = new FakeDns();
        await using var rig = await StartAsync(dns, name);
        rig.Peer.Extensions.Remove("STARTTLS");
        rig.Peer.Extensions.AddRange(extensions.Split(' '));
        if (isSigned)
            Sign(dns, rig);
        var results = await rig.SendAsync(new Rig.Message("Subject: x\r\n\r\nx\r\n") { Terms = new() { RequiresTls = true } }, "bob@e.example");
        Assert.Equal(status, results[0].Problem?.Status.ToString());
        Assert.Equal(status is null ? 1 : 0, rig.Peer.Lines.Count(line => line.StartsWith("MAIL", StringComparison.Ordinal) && line.EndsWith(" REQUIRETLS", StringComparison.Ordinal)));
        // Others still go there.
        Assert.Null((await rig.SendAsync(recipient: "bob@e.example")).Problem);
    }

    [Fact]
    public async Task What_a_sender_asks_for_is_passed_on_where_it_is_offered()
    {
        await using var rig = await Rig.StartAsync();
        rig.Peer.Extensions.AddRange(["DSN", "MT-PRIORITY MIXER"]);
        var message = new Rig.Message("Subject: x\r\n\r\nx\r\n")
        {
            Terms = new() { Return = ReturnedContent.Headers, EnvelopeId = "a+b=c", Priority = 3 },
            RecipientTerms = new() { Notify = NotifyOn.Success | NotifyOn.Failure, OriginalRecipient = "rfc822;al ice@example.org" },
        };
        Assert.True((await rig.SendAsync(message, "bob@e.example"))[0].TakesTerms);
        Assert.Contains(rig.Peer.Lines, line => line.EndsWith(" RET=HDRS ENVID=a+2Bb+3Dc MT-PRIORITY=3", StringComparison.Ordinal));
        Assert.Contains("RCPT TO:<bob@e.example> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;al+20ice@example.org", rig.Peer.Lines);
    }

    [Theory]
    [InlineData("version: STSv1\nmode: enforce\nmx: a.example\nmx: *.b.example\nmax_age: 99999999999\n", "enforce 2")]
    [InlineData("version: STSv1\nmode: none\nmax_age: 0\n", "none 0")]
    [InlineData("version: STSv1\nmode: enforce\nmax_age: 1\n", null)]
    [InlineData("version: STSv2\nmode: enforce\nmx: a\nmax_age: 1\n", null)]
    [InlineData("mode: enforce\nmx: a\nmax_age: 1\n", null)]
    [InlineData("version: STSv1\nmode: enforce\nmx: a\nmax_age: -1\n", null)]
    [InlineData("<html>no</html>", null)]
    [InlineData("", null)]
    public void A_policy_is_read_or_is_none(string text, string? expected) =>
        Assert.Equal(expected, StsPolicy.Read(text) is { } policy ? $"{policy.Mode} {policy.Exchanges.Count}" : null);

    [Theory]
    [InlineData("v=STSv1; id=20261124;", "20261124")]
    [InlineData("v=STSv1;id=a", "a")]
    [InlineData("v=STSv1; id=a b;", null)]
    [InlineData("v=STSv1", null)]
    [InlineData("v=spf1 -all", null)]
    [InlineData("v=STSv1; id=1;|v=STSv1; id=2;", null)]
    [InlineData("v=spf1 -all|v=STSv1; id=2;", "2")]
    public void A_policys_id_is_in_one_record(string records, string? id) => Assert.Equal(id, StsPolicy.IdOf(records.Split('|')));

    private static Task<Rig> StartAsync(FakeDns dns, string certificateName) => StartAsync(dns, certificateName, null, ("mta_sts", false));

    private static Task<Rig> StartAsync(FakeDns dns, string certificateName, PolicySite site, X509Certificate2 siteCertificate, Rig? like = null) =>
        StartAsync(dns, certificateName, siteCertificate, like, ("mta_sts_port", (long)site.Port));

    private static Task<Rig> StartAsync(FakeDns dns, string certificateName, X509Certificate2? trusted, params (string, object)[] more) =>
        StartAsync(dns, certificateName, trusted, null, more);

    /// <summary>A relay that sends for e.example to mx.e.example, whose certificate is trusted as a public authority's would be.</summary>
    private static async Task<Rig> StartAsync(FakeDns dns, string certificateName, X509Certificate2? trusted, Rig? like, params (string, object)[] more)
    {
        var rig = new Rig();
        rig.Host.DataDirectory = (like ?? rig).Folder.File("data");
        rig.Peer.Certificate = Peer.NewCertificate(certificateName);
        rig.Peer.Extensions.Add("STARTTLS");
        await File.WriteAllTextAsync(rig.Folder.File("trust.pem"), rig.Peer.Certificate.ExportCertificatePem() + "\n" + trusted?.ExportCertificatePem());
        dns.Without("e.example").WithMx("e.example", 10, "mx.e.example").Without("mx.e.example").WithAddress("mx.e.example", "127.0.0.1");
        await rig.LoadAsync(
        [
            ("direct", true), ("nameservers", new[] { dns.Address }), ("mx_port", (long)rig.Peer.Port), ("ipv6", false), ("allow_loopback", true),
            ("tls_trust", rig.Folder.File("trust.pem")), .. more,
        ]);
        return rig;
    }

    private static void Sign(FakeDns dns, Rig rig) => dns.Signed.UnionWith(["e.example", "mx.e.example", $"_{rig.Peer.Port}._tcp.mx.e.example"]);
}
