using System.Text;

namespace MailServer.Imap.Tests;

/// <summary>Finds the parts of well-made messages; a multipart without its boundaries has none.</summary>
internal static class FakeStructure
{
    public static MessageStructure Of(byte[] octets) => new()
    {
        Envelope = "(\"envelope\")"u8.ToArray(),
        Body = "(\"body\")"u8.ToArray(),
        BodyStructure = "(\"bodystructure\")"u8.ToArray(),
        Root = Part(Encoding.Latin1.GetString(octets), 0, octets.Length),
    };

    private static MessagePart Part(string text, int start, int end)
    {
        var blank = text.IndexOf("\r\n\r\n", start, end - start, StringComparison.Ordinal);
        var body = text.AsSpan(start, end - start).StartsWith("\r\n") ? start + 2 : blank < 0 ? end : blank + 4;
        var header = text[start..body];
        var children = new List<MessagePart>();
        var isMultipart = header.Contains("Content-Type: multipart", StringComparison.OrdinalIgnoreCase);
        if (isMultipart && Boundary(header) is { } boundary)
            for (var at = text.IndexOf(boundary + "\r\n", body, end - body, StringComparison.Ordinal); at >= 0;)
            {
                var from = at + boundary.Length + 2;
                var next = from > end ? -1 : text.IndexOf("\r\n" + boundary, from, end - from, StringComparison.Ordinal);
                if (next < 0)
                    break;
                children.Add(Part(text, from, next));
                at = text.AsSpan(next + 2 + boundary.Length).StartsWith("--") ? -1 : next + 2;
            }

        return new()
        {
            HeaderStart = start,
            HeaderLength = body - start,
            BodyStart = body,
            BodyLength = end - body,
            IsMultipart = isMultipart,
            Children = children,
            Message = header.Contains("Content-Type: message/rfc822", StringComparison.OrdinalIgnoreCase) ? Part(text, body, end) : null,
        };
    }

    private static string? Boundary(string header) => header.Split("boundary=") is [_, var rest, ..] ? "--" + rest.Split('\r')[0].Trim('"') : null;
}
