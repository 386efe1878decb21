using System.Text;

namespace MailServer.Server.Demo;

/// <summary>A message that the demo sends.</summary>
internal sealed record DemoMail
{
    // Whom a message is for, where its own fields do not say: a list's post, a blind copy. Not sent along.
    private const string EnvelopeField = "X-Demo-To";

    private static readonly string[] RecipientFields = ["To", "Cc"];

    /// <summary>Where it comes from: a file's name.</summary>
    public required string Name { get; init; }

    public required string From { get; init; }

    public required IReadOnlyList<string> Recipients { get; init; }

    public required byte[] Message { get; init; }

    /// <summary>Its Message-ID, by which it is found again.</summary>
    public required string MessageId { get; init; }

    /// <summary>Whether one of our own users sends it: by submission, with a password.</summary>
    public bool IsSubmitted => DemoSetup.Users.Contains(From);

    /// <summary>The messages in a folder, by name; a few of our own when there are none.</summary>
    public static IReadOnlyList<DemoMail> Load(string? folder)
    {
        var files = folder is not null && Directory.Exists(folder) ? Directory.GetFiles(folder, "*.eml").Order(StringComparer.Ordinal).ToArray() : [];
        return files.Length > 0
            ? [.. files.Select(file => Parse(Path.GetFileNameWithoutExtension(file), File.ReadAllBytes(file)))]
            : [.. BuiltIn().Select((text, i) => Parse($"built-in-{i + 1}", Encoding.UTF8.GetBytes(text)))];
    }

    internal static DemoMail Parse(string name, byte[] message)
    {
        var headers = MessageHeaders.Of(message);
        var envelope = MessageHeaders.Find(headers, EnvelopeField);
        var recipients = (envelope is null ? RecipientFields : [EnvelopeField])
            .SelectMany(field => MessageHeaders.Addresses(MessageHeaders.Find(headers, field)))
            .Where(address => address.EndsWith("@" + DemoSetup.Domain, StringComparison.OrdinalIgnoreCase))
            .Distinct(StringComparer.OrdinalIgnoreCase).ToArray();
        return new()
        {
            Name = name,
            From = MessageHeaders.Addresses(MessageHeaders.Find(headers, "Return-Path") ?? MessageHeaders.Find(headers, "From")).FirstOrDefault() ?? "",
            Recipients = recipients.Length > 0 ? recipients : [DemoSetup.Users[0]],
            Message = envelope is null ? message : Without(message, Encoding.ASCII.GetBytes(EnvelopeField + ":")),
            MessageId = MessageHeaders.Find(headers, "Message-ID") ?? "",
        };
    }

    /// <summary>The message without its line that begins so.</summary>
    private static byte[] Without(byte[] message, byte[] field)
    {
        var start = message.AsSpan().StartsWith(field) ? 0 : message.AsSpan().IndexOf([(byte)'\n', .. field]) + 1;
        var end = start + message.AsSpan(start).IndexOf((byte)'\n') + 1;
        return [.. message.AsSpan(0, start), .. message.AsSpan(end)];
    }

    private static IEnumerable<string> BuiltIn()
    {
        yield return Text("Carol <carol@example.net>", "alice@example.org", "Lunch on Friday?", "");
        yield return Text("Bob <bob@example.org>", "alice@example.org", "The minutes of today", "");
        yield return Text("Dev list <dev@lists.example.net>", "alice@example.org", "[dev] Release 2.1", "List-Id: <dev.lists.example.net>\n");
        yield return Text("=?utf-8?Q?Zo=C3=AB?= <zoe@example.net>", "bob+travel@example.org", "=?utf-8?Q?Caf=C3=A9_=26_cr=C3=AApes?=", "");
    }

    private static string Text(string from, string to, string subject, string more) =>
        $"From: {from}\nTo: {to}\nSubject: {subject}\nMessage-ID: <{Guid.NewGuid():N}@demo.example.net>\n{more}MIME-Version: 1.0\n\nThis is a message of the demo.\n";
}
