using System.Net;
using System.Text;

namespace MailServer.Plugins.AuthPasswordFile;

/// <summary>What a line of the file says.</summary>
/// <param name="Entry">The account; null for a comment, an empty line, or a line that can't be one.</param>
/// <param name="Complaint">What is wrong with the line, without quoting its password.</param>
internal readonly record struct ReadLine(PasswordEntry? Entry, string? Complaint = null);

/// <summary>
/// Reads <c>user:{SCHEME}hash:uid:gid:gecos:home:shell:extra</c>, of which only the name must be there. An account whose password or home
/// cannot be used still gets its mail: to bounce it for a typing error would be worse than to keep its owner out.
/// </summary>
internal sealed class LineReader(IReadOnlyList<string> domains, IPasswordHasher hasher)
{
    // RFC 5321 §4.5.3.1: 64 octets of local part, 255 of domain.
    private const int MaxName = 64 + 1 + 255;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public IReadOnlyList<string> Domains => domains;

    /// <summary>Reads one line, without its line end.</summary>
    public ReadLine Read(ReadOnlySpan<byte> line)
    {
        if (line.IsEmpty || line[0] == '#' || line.Trim(" \t"u8).IsEmpty)
            return default;

        string[] fields;
        try
        {
            fields = StrictUtf8.GetString(line).Split(':');
        }
        catch (DecoderFallbackException)
        {
            return new(null, "it is not UTF-8");
        }

        if (fields.Length < 2)
            return new(null, "it has no colon behind the name");
        if (fields[0].Length is 0 or > MaxName)
            return new(null, fields[0].Length == 0 ? "the name is empty" : $"the name is longer than {MaxName} characters");
        return TryReadUser(fields[0]) is { } user ? ReadRest(user, fields) : new(null, "the name is no local part and no address");
    }

    private User? TryReadUser(string name)
    {
        var isAddress = name.Contains('@', StringComparison.Ordinal);
        return AccountName.TryRead(isAddress ? name : $"{name}@{domains[0]}") is { } address
            ? new User { Name = isAddress ? address.ToString() : name, Address = address }
            : null;
    }

    private ReadLine ReadRest(User user, string[] fields)
    {
        var entry = new PasswordEntry { User = user };
        string? complaint = null;

        if (fields[1].Length > 0 && hasher.Explain(fields[1]) is { } reason)
            complaint = $"the password of {user.Name} cannot be used: {reason}";
        else if (fields[1].Length > 0)
            entry = entry with { Hash = fields[1] };

        if (fields.Length > 5 && fields[5].Length > 0)
        {
            if (Path.IsPathRooted(fields[5]))
                entry = entry with { User = user with { Home = fields[5] } };
            else
                complaint ??= $"the home of {user.Name} is no absolute path";
        }

        // Behind the seventh colon, colons are text (IPv6 networks).
        if (fields.Length > 7)
            entry = ReadExtra(entry, string.Join(':', fields[7..]), ref complaint);
        return new(entry, complaint);
    }

    /// <summary>Extra fields are Dovecot's; those that keep people out are honoured, since a store that is taken over must not open up.</summary>
    private static PasswordEntry ReadExtra(PasswordEntry entry, string extra, ref string? complaint)
    {
        foreach (var field in extra.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries))
        {
            var (name, value) = field.Split('=', 2) is [var first, var second] ? (first, second) : (field, "");
            if (name is "nologin")
                entry = entry with { IsBarred = true };
            if (name is QuotaRule.Field)
                entry = QuotaRule.TryRead(value) is { } quota
                    ? entry with { User = entry.User with { Quota = quota } }
                    : Complain(entry, $"{QuotaRule.Field} of {entry.User.Name} is not understood; as *:storage=1G:messages=1000", ref complaint);
            if (name is not "allow_nets")
                continue;

            var networks = new List<IPNetwork>();
            foreach (var item in value.Split(',', StringSplitOptions.RemoveEmptyEntries))
                if (TryReadNetwork(item, out var network))
                    networks.Add(network);
                else if (item != "local")
                    complaint ??= $"allow_nets of {entry.User.Name} has a part that is no network";
            entry = entry with { Networks = networks };
        }

        return entry;
    }

    private static PasswordEntry Complain(PasswordEntry entry, string reason, ref string? complaint)
    {
        complaint ??= reason;
        return entry;
    }

    private static bool TryReadNetwork(string text, out IPNetwork network)
    {
        if (IPNetwork.TryParse(text, out network))
            return true;
        if (!IPAddress.TryParse(text, out var address))
            return false;
        network = new(address, address.GetAddressBytes().Length * 8);
        return true;
    }
}
