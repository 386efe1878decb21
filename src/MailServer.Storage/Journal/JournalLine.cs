using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace MailServer.Storage;

/// <summary>An entry as a line of the file, and back.</summary>
internal static class JournalLine
{
    /// <summary>Octets of a line with its end: a page of a disk. Few come near: a delivery has some 500.</summary>
    public const int MaxLength = 4000;

    /// <summary>A name of a file or a folder, which undo needs whole: NAME_MAX.</summary>
    private const int MaxName = 255;

    /// <summary>Decisions told of: a rule set that files a message makes a few. Undo needs them all.</summary>
    private const int MaxSteps = 24;

    /// <summary>Findings told of: a filter or two have some each.</summary>
    private const int MaxFindings = 8;

    /// <summary>A rule's version, whole: the digits of a script's, and what a plugin may say.</summary>
    private const int VersionLength = 12;

    /// <summary>What strangers write is cut shorter until the line fits.</summary>
    private static readonly int[] TextLengths = [200, 100, 50, 25, 12, 6];

    private static readonly JournalJson Json = new(new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, PropertyNamingPolicy = JsonNamingPolicy.CamelCase, DefaultIgnoreCondition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingDefault });

    /// <summary>Adds an entry, with its line end.</summary>
    public static void Write(JournalEntry entry, IBufferWriter<byte> output)
    {
        foreach (var length in TextLengths)
        {
            var line = JsonSerializer.SerializeToUtf8Bytes(Cut(entry, length), Json.JournalEntry);
            if (line.Length >= MaxLength && length != TextLengths[^1])
                continue;
            output.Write(line);
            output.Write("\n"u8);
            return;
        }
    }

    /// <summary>The entry; null when the line is none.</summary>
    public static JournalEntry? Read(ReadOnlySpan<byte> line)
    {
        try
        {
            return JsonSerializer.Deserialize(line, Json.JournalEntry);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static JournalEntry Cut(JournalEntry entry, int length) => entry with
    {
        Session = Cut(entry.Session, length),
        Folder = Cut(entry.Folder, MaxName),
        Message = Cut(entry.Message, MaxName),
        MessageId = Cut(entry.MessageId, length),
        Flags = Cut(entry.Flags, length),
        Why = entry.Why is { } why ? why with { Rule = Cut(why.Rule, length)!, Action = Cut(why.Action, length)! } : null,
        From = entry.From is { } origin ? origin with { Folder = Cut(origin.Folder, MaxName)!, Message = Cut(origin.Message, MaxName) } : null,
        Delivery = entry.Delivery is { } delivery ? Cut(delivery, length) : null,
    };

    private static JournalDelivery Cut(JournalDelivery delivery, int length) => delivery with
    {
        MessageId = Cut(delivery.MessageId, length),
        Sender = Cut(delivery.Sender, length),
        Recipient = Cut(delivery.Recipient, length),
        Helo = Cut(delivery.Helo, length),
        With = Cut(delivery.With, length),
        Tls = Cut(delivery.Tls, length),
        User = Cut(delivery.User, length),
        Problem = Cut(delivery.Problem, length),
        Findings = delivery.Findings is { Count: > 0 } found ? [.. found.Take(MaxFindings).Select(text => Cut(text, length)!)] : null,
        Steps = delivery.Steps is { Count: > 0 } steps
            ? [.. steps.TakeLast(MaxSteps).Select(step => step with { Rule = Cut(step.Rule, length)!, Version = Cut(step.Version, VersionLength), Action = Cut(step.Action, length)! })]
            : null,
        StepsBefore = Math.Max(0, (delivery.Steps?.Count ?? 0) - MaxSteps),
    };

    private static string? Cut(string? text, int length)
    {
        if (text is null || text.Length <= length)
            return text;
        return string.Concat(text.AsSpan(0, char.IsHighSurrogate(text[length - 2]) ? length - 2 : length - 1), "…");
    }
}
