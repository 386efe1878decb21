namespace MailServer.Rules;

/// <summary>What this server's filters found out about where the mail comes from (RFC 8601). Where nobody checks, nothing has passed and nothing has failed.</summary>
public sealed class AuthenticationChecks
{
    private readonly IReadOnlyList<AuthenticationResult> _results;

    internal AuthenticationChecks(IReadOnlyList<string> fields) => _results = AuthenticationResult.Parse(fields);

    /// <summary>Whether the server it came from may send for the envelope's sender (RFC 7208).</summary>
    /// <example><code>if (Mail.Auth.Spf.Failed) AddFlag("$SpfFail");</code></example>
    public AuthenticationCheck Spf => field ??= Of("spf");

    /// <summary>Whether a domain has signed it (RFC 6376). Several may have: it has passed when one has.</summary>
    /// <example><code>if (Mail.Auth.Dkim.Passed &amp;&amp; Mail.Auth.Dkim.Domain == "shop.example") FileInto("Shop");</code></example>
    public AuthenticationCheck Dkim => field ??= Of("dkim");

    /// <summary>Whether the domain in From stands behind it (RFC 9989).</summary>
    /// <example><code>if (Mail.Auth.Dmarc.Failed) { Junk(); Stop(); }</code></example>
    public AuthenticationCheck Dmarc => field ??= Of("dmarc");

    /// <summary>Whether the servers it passed through vouch for each other (RFC 8617).</summary>
    /// <example><code>if (Mail.Auth.Arc.Passed) AddFlag("$Forwarded");</code></example>
    public AuthenticationCheck Arc => field ??= Of("arc");

    private AuthenticationCheck Of(string method)
    {
        AuthenticationResult? found = null;
        foreach (var result in _results)
            if (result.Method == method && (found is null || (result.Value == "pass" && found.Value != "pass")))
                found = result;
        return new(found?.Value ?? "", found?.Domain ?? "");
    }
}

/// <summary>What one check said.</summary>
public sealed class AuthenticationCheck
{
    internal AuthenticationCheck(string result, string domain) => (Result, Domain) = (result, domain);

    /// <summary>As <c>pass</c>, <c>fail</c>, <c>softfail</c>, <c>neutral</c>, <c>none</c>, <c>temperror</c> (RFC 8601 §2.7); empty when nobody checked.</summary>
    /// <example><code>if (Mail.Auth.Spf.Result == "softfail") AddFlag("$SpfSoftfail");</code></example>
    public string Result { get; }

    /// <summary>The domain it is about; empty when that is not said.</summary>
    /// <example><code>if (Mail.Auth.Dkim.Passed) FileInto($"Signed/{Mail.Auth.Dkim.Domain}");</code></example>
    public string Domain { get; }

    /// <summary>Whether it says pass.</summary>
    /// <example><code>if (Mail.Auth.Dkim.Passed) AddFlag("$Signed");</code></example>
    public bool Passed => Result == "pass";

    /// <summary>Whether it says fail. A mail that was not checked, or could not be, has not failed.</summary>
    /// <example><code>if (Mail.Auth.Dmarc.Failed) FileInto("Forged");</code></example>
    public bool Failed => Result == "fail";
}
