using System.Text;
using MailServer.Rules;
using MimeKit.Utils;

namespace MailServer.Pipeline;

/// <summary>Shows a message to rules: its header is in memory, its body is read when a rule asks for it.</summary>
/// <param name="header">The header as it came.</param>
/// <param name="open">Opens the file, with LF line ends.</param>
/// <param name="facts">What else is known.</param>
internal sealed class MessageSource(HeaderBlock header, Func<Stream> open, MailFacts facts) : IMailSource
{
    public DateTimeOffset Date => Fields("Date") is [var text, ..] && DateUtils.TryParse(text, out var date) ? date : facts.Received;

    public DateTimeOffset Received => facts.Received;

    public long Size => facts.Size;

    public double JunkScore => facts.JunkScore;

    public MailOrigin Origin => facts.Origin;

    public IReadOnlyList<string> AuthenticationResults => [.. Findings("Authentication-Results").Where(IsOurs)];

    public IReadOnlyList<MailPart> Parts => field ??= Read<IReadOnlyList<MailPart>>(PartLister.List, []);

    public string Text => field ??= Read(BodyText.Read, "");

    public IReadOnlyList<string> Fields(string name)
    {
        List<string> values = [.. Findings(name)];
        if (Ascii.IsValid(name))
            HeaderDecoder.AddValues(header, Encoding.ASCII.GetBytes(name), values);
        return values;
    }

    public IReadOnlyList<Correspondent> Addresses(string name) => HeaderDecoder.Addresses(header, name);

    private IEnumerable<string> Findings(string name) =>
        facts.Findings.Where(finding => finding.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(finding => finding.Value);

    // authserv-id [version] ";" (RFC 8601 §2.2). Filters of ours may write what another server has found, under its name.
    private bool IsOurs(string value) =>
        value.Split(';')[0].Trim().Split([' ', '\t', '('], 2)[0].Trim('"').Equals(facts.Hostname, StringComparison.OrdinalIgnoreCase);

    private T Read<T>(Func<Stream, CancellationToken, T> read, T otherwise)
    {
        try
        {
            using var file = open();
            return read(file, CancellationToken.None);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return otherwise;
        }
    }
}
