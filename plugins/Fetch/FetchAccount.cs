using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace MailServer.Plugins.Fetch;

/// <summary>How the connection is encrypted.</summary>
internal enum FetchTls
{
    /// <summary>TLS from the first octet (RFC 8314 §3.2).</summary>
    Implicit,
    /// <summary>STARTTLS, or no mail.</summary>
    StartTls,
    /// <summary>Never; on loopback only.</summary>
    None,
}

/// <summary>An account elsewhere, as <c>[plugins.fetch.NAME]</c> says.</summary>
internal sealed record FetchAccount
{
    /// <summary>Accounts: each has a connection.</summary>
    private const int MaxAccounts = 1000;

    public required string Name { get; init; }

    public required bool IsPop3 { get; init; }

    public required string Host { get; init; }

    public required int Port { get; init; }

    public required FetchTls Tls { get; init; }

    /// <summary>Certificates that are trusted instead of the system's; null for the system's.</summary>
    public X509Certificate2Collection? Trust { get; init; }

    public required string User { get; init; }

    public required string Password { get; init; }

    /// <summary>Who gets the mail here.</summary>
    public required EmailAddress DeliverTo { get; init; }

    /// <summary>The folder there; IMAP only.</summary>
    public required string Folder { get; init; }

    /// <summary>Whether mail that is safe here is deleted there.</summary>
    public required bool Deletes { get; init; }

    /// <summary>How often it is looked for, where the server does not tell.</summary>
    public required TimeSpan Interval { get; init; }

    public static IReadOnlyList<FetchAccount> ReadAll(ConfigSection config)
    {
        List<FetchAccount> accounts = [];
        foreach (var name in config.GetStrings("accounts"))
        {
            // It is a file's name, too.
            if (accounts.Count == MaxAccounts || name.Length is 0 or > 60 || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_') || accounts.Exists(account => account.Name == name))
                throw config.Invalid("accounts", $"\"{name}\": a name of its own in letters, digits, - and _ is expected for each, of {MaxAccounts} accounts at most");
            var table = config.GetSection(name);
            accounts.Add(Read(name, table));
            table.RejectUnknownKeys();
        }

        return accounts;
    }

    private static FetchAccount Read(string name, ConfigSection config)
    {
        var isPop3 = config.GetString("protocol", "imap") switch
        {
            "imap" => false,
            "pop3" => true,
            var word => throw config.Invalid("protocol", $"\"{word}\": one of \"imap\", \"pop3\" is expected"),
        };
        var tls = config.GetString("tls", "implicit") switch
        {
            "implicit" => FetchTls.Implicit,
            "starttls" => FetchTls.StartTls,
            "none" => FetchTls.None,
            var word => throw config.Invalid("tls", $"\"{word}\": one of \"implicit\", \"starttls\", \"none\" is expected"),
        };
        var (host, port) = ServerOf(config);
        if (tls == FetchTls.None && host is not ("127.0.0.1" or "::1" or "localhost"))
            throw config.Invalid("tls", "a password goes without TLS to this machine alone");
        return new()
        {
            Name = name,
            IsPop3 = isPop3,
            Host = host,
            Port = port,
            Tls = tls,
            Trust = TrustOf(config),
            User = config.GetString("user"),
            Password = PasswordOf(config),
            DeliverTo = EmailAddress.TryParse(config.GetString("deliver_to"), out var address) ? address : throw config.Invalid("deliver_to", "an address is expected"),
            Folder = config.GetString("folder", "INBOX"),
            Deletes = config.GetBoolean("delete", false),
            Interval = config.GetDuration("interval", TimeSpan.FromMinutes(5)) is var interval && interval >= TimeSpan.FromSeconds(1) ? interval : throw config.Invalid("interval", "a second at least is expected"),
        };
    }

    private static (string Host, int Port) ServerOf(ConfigSection config)
    {
        var text = config.GetString("server");
        var colon = text.LastIndexOf(':');
        return colon > 0 && !text.Any(c => char.IsWhiteSpace(c) || char.IsControl(c))
            && int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is >= 1 and <= 65535
                ? (text[..colon].Trim('[', ']'), port)
                : throw config.Invalid("server", $"\"{text}\": a host and a port are expected, as \"imap.example.net:993\"");
    }

    private static string PasswordOf(ConfigSection config)
    {
        var file = config.GetPath("password_file");
        try
        {
            using var reader = new StreamReader(file);
            return reader.ReadLine() is { Length: > 0 } password ? password : throw config.Invalid("password_file", $"{file}: the password is expected in its first line");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw config.Invalid("password_file", e.Message);
        }
    }

    private static X509Certificate2Collection? TrustOf(ConfigSection config)
    {
        if (config.GetString("tls_trust", "").Length == 0)
            return null;
        var (file, trust) = (config.GetPath("tls_trust"), new X509Certificate2Collection());
        try
        {
            trust.ImportFromPemFile(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw config.Invalid("tls_trust", e.Message);
        }

        return trust.Count > 0 ? trust : throw config.Invalid("tls_trust", $"{file}: no certificate in it");
    }
}
