using MailServer.Rules;
using MimeKit.Utils;

namespace MailServer.Pipeline;

/// <summary>Shows a message to rules.</summary>
internal sealed class MessageSource(SpooledMessage message, string hostname, DateTimeOffset received, double junkScore) : IMailSource
{
    private IReadOnlyList<MailPart>? _parts;

    public DateTimeOffset Date => DateUtils.TryParse(message.Header("Date") ?? "", out var date) ? date : received;

    public long Size => message.Size;

    public double JunkScore => junkScore;

    /// <summary>
    /// By the Authentication-Results (RFC 8601 §2.2) that our own filters have put on top. Those in the message itself prove nothing: anybody can write our name there.
    /// </summary>
    public bool IsAuthentic
    {
        get
        {
            foreach (var (name, value) in message.Prepended)
                if (name.Equals("Authentication-Results", StringComparison.OrdinalIgnoreCase) && SaysPass(value))
                    return true;
            return false;
        }
    }

    public IReadOnlyList<MailPart> Parts => _parts ??= ListParts();

    public IReadOnlyList<string> Fields(string name) => message.Headers(name);

    public IReadOnlyList<Correspondent> Addresses(string name) => HeaderDecoder.Addresses(message.Block, name);

    private bool SaysPass(string value)
    {
        var parts = value.Split(';', StringSplitOptions.TrimEntries);
        return parts[0].Split(' ')[0].Equals(hostname, StringComparison.OrdinalIgnoreCase)
            && parts.Skip(1).Any(part => part.Split([' ', '\t', '('], 2)[0].Equals("dmarc=pass", StringComparison.OrdinalIgnoreCase));
    }

    private IReadOnlyList<MailPart> ListParts()
    {
        try
        {
            using var file = message.OpenFile();
            return PartLister.List(file, CancellationToken.None);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
