using System.Text.Json;
using System.Text.Json.Serialization;

namespace MailServer.Pipeline;

/// <summary>From an envelope to its file's octets and back. What cannot be an envelope is said, and never guessed.</summary>
internal static partial class EnvelopeFile
{
    /// <summary>Five thousand recipients, each with a long reply of a server, have less.</summary>
    public const int MaxSize = 8 * 1024 * 1024;

    public static byte[] Write(QueuedMail mail) => JsonSerializer.SerializeToUtf8Bytes(mail, EnvelopeJson.Default.QueuedMail);

    /// <exception cref="InvalidDataException">It is no envelope, or that of another message.</exception>
    public static QueuedMail Read(ReadOnlySpan<byte> octets, string id)
    {
        QueuedMail mail;
        try
        {
            mail = JsonSerializer.Deserialize(octets, EnvelopeJson.Default.QueuedMail) ?? throw new InvalidDataException("empty");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"line {e.LineNumber + 1}: not an envelope", e);
        }

        if (mail.Format is < 1 or > QueuedMail.CurrentFormat)
            throw new InvalidDataException($"written in format {mail.Format}, this server reads {QueuedMail.CurrentFormat}");
        if (mail.Id != id)
            throw new InvalidDataException($"it says that it is {OneLine.Of(mail.Id)}");
        if (mail.To.Count == 0 || mail.To.Any(recipient => !IsAddress(recipient.Address)))
            throw new InvalidDataException("a recipient is no address");
        if (mail.From.Length > 0 && !IsAddress(mail.From))
            throw new InvalidDataException("the sender is no address");
        if (mail.Size < 0 || mail.Skip < 0)
            throw new InvalidDataException("a size is less than nothing");
        return mail;
    }

    // A line break here would be a command of its own at the next server.
    private static bool IsAddress(string text) => text.LastIndexOf('@') is > 0 and var at && at < text.Length - 1 && !text.Any(char.IsControl);

    [JsonSourceGenerationOptions(
        PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, UseStringEnumConverter = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault, IgnoreReadOnlyProperties = true)]
    [JsonSerializable(typeof(QueuedMail))]
    private sealed partial class EnvelopeJson : JsonSerializerContext;
}
