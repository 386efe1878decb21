using MailServer.Wire.Imap;

namespace MailServer.Plugins.Imap;

/// <summary>
/// Tells a browser that was led here by somebody else (ALPACA): its request holds lines of the attacker's, which must not be taken for commands.
/// </summary>
internal static class ForeignProtocol
{
    public static bool Looks(ReadOnlySpan<byte> line) =>
        RequestParser.TryReadTag(line, out var verb)
        && (verb.SequenceEqual("GET"u8) || verb.SequenceEqual("POST"u8) || verb.SequenceEqual("PUT"u8) || verb.SequenceEqual("HEAD"u8)
            || verb.SequenceEqual("OPTIONS"u8) || verb.SequenceEqual("CONNECT"u8) || verb.SequenceEqual("EHLO"u8) || verb.SequenceEqual("HELO"u8));
}
