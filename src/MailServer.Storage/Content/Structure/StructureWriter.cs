using System.Buffers;
using MimeKit;

namespace MailServer.Storage;

/// <summary>Writes ENVELOPE, BODY and BODYSTRUCTURE (RFC 3501 §7.4.2).</summary>
internal static class StructureWriter
{
    private static readonly HeaderFields None = new();
    private static readonly SearchValues<byte> TokenOctets = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.+"u8);

    public static byte[] Envelope(HeaderFields fields)
    {
        var output = new ImapText();
        WriteEnvelope(fields, output);
        return output.ToArray();
    }

    public static byte[] Body(PartNode root, bool isExtended)
    {
        var output = new ImapText();
        WriteBody(root, isExtended, output);
        return output.ToArray();
    }

    // "(" date SP subject SP from SP sender SP reply-to SP to SP cc SP bcc SP in-reply-to SP message-id ")"
    private static void WriteEnvelope(HeaderFields fields, ImapText output)
    {
        if (output.Length > StructureLimits.StructureOctets)
            fields = None;
        var from = Addresses(fields[HeaderId.From]);
        var sender = Addresses(fields[HeaderId.Sender]);
        var replyTo = Addresses(fields[HeaderId.ReplyTo]);
        output.Raw("("u8).NString(Text(fields[HeaderId.Date])).Raw(" "u8).NString(Text(fields[HeaderId.Subject])).Raw(" "u8).Raw(from);

        // An absent or empty Sender or Reply-To is said to be From.
        output.Raw(" "u8).Raw(IsNil(sender) ? from : sender).Raw(" "u8).Raw(IsNil(replyTo) ? from : replyTo);
        foreach (var id in new[] { HeaderId.To, HeaderId.Cc, HeaderId.Bcc })
            output.Raw(" "u8).Raw(Addresses(fields[id]));
        output.Raw(" "u8).NString(Text(fields[HeaderId.InReplyTo])).Raw(" "u8).NString(Text(fields[HeaderId.MessageId])).Raw(")"u8);
    }

    private static void WriteBody(PartNode part, bool isExtended, ImapText output)
    {
        output.Raw("("u8);
        if (part.Kind == PartKind.Multipart)
            WriteMultipart(part, isExtended, output);
        else
            WriteSingle(part, isExtended, output);
        output.Raw(")"u8);
    }

    private static void WriteMultipart(PartNode part, bool isExtended, ImapText output)
    {
        // The grammar asks for one part at least; a multipart without any shows an empty text.
        if (part.Children.Count == 0)
            WriteNothing(isExtended, output);
        foreach (var child in part.Children)
            WriteBody(child, isExtended, output);
        output.Raw(" "u8).String(part.Subtype);
        if (!isExtended)
            return;

        output.Raw(" "u8);
        Parameters(part, output).Write(output);
        WriteExtension(Shown(part, output), output);
    }

    private static void WriteSingle(PartNode part, bool isExtended, ImapText output)
    {
        // A multipart too deep for us has no parts to show, so it must not call itself one.
        var isOpaque = part.Type.Equals("multipart", StringComparison.OrdinalIgnoreCase);
        var (type, subtype) = isOpaque ? ("application", "octet-stream") : (part.Type, part.Subtype);
        var isText = type.Equals("text", StringComparison.OrdinalIgnoreCase);
        var parameters = Parameters(part, output);
        if (isText && !parameters.Has("charset") && !parameters.Has("charset*"))
            parameters.Add("charset", "us-ascii"u8.ToArray());         // RFC 2045 §5.2

        output.String(type).Raw(" "u8).String(subtype).Raw(" "u8);
        parameters.Write(output);
        output.Raw(" "u8).NString(Text(Shown(part, output)[HeaderId.ContentId])).Raw(" "u8).NString(Text(Shown(part, output)[HeaderId.ContentDescription]));
        output.Raw(" "u8).String(Encoding(part.Fields)).Raw(" "u8).Number(part.BodyLength);

        // IMAP4rev1 nests message/rfc822 alone (RFC 3501 §9, media-message); only IMAP4rev2 nests message/global too.
        var isNested = part.IsMessage && subtype.Equals("rfc822", StringComparison.OrdinalIgnoreCase);
        if (isNested)
        {
            output.Raw(" "u8);
            WriteEnvelope(part.Message?.Fields ?? None, output);
            output.Raw(" "u8);
            if (part.Message is { } message)
                WriteBody(message, isExtended, output);
            else
                WriteNothing(isExtended, output);
        }

        if (isText || isNested)
            output.Raw(" "u8).Number(part.Lines);
        if (!isExtended)
            return;
        output.Raw(" "u8).NString(Text(Shown(part, output)[HeaderId.ContentMd5]));
        WriteExtension(Shown(part, output), output);
    }

    private static void WriteNothing(bool isExtended, ImapText output) =>
        output.Raw("(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 0 0"u8).Raw(isExtended ? " NIL NIL NIL NIL)"u8 : ")"u8);

    // body-fld-dsp SP body-fld-lang SP body-fld-loc
    private static void WriteExtension(HeaderFields fields, ImapText output)
    {
        output.Raw(" "u8);
        if (fields[HeaderId.ContentDisposition] is { } field && ParameterList.Read(field, out var disposition) is var parameters && !disposition.IsEmpty)
        {
            output.Raw("("u8).String(disposition).Raw(" "u8);
            parameters.Write(output);
            output.Raw(")"u8);
        }
        else
            output.Nil();

        output.Raw(" "u8);
        WriteLanguages(fields[HeaderId.ContentLanguage], output);
        output.Raw(" "u8).NString(Text(fields[HeaderId.ContentLocation]));
    }

    private static void WriteLanguages(byte[]? field, ImapText output)
    {
        var languages = System.Text.Encoding.Latin1.GetString(ParameterList.Strip(field))
            .Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (languages.Length == 0)
        {
            output.Nil();
            return;
        }

        var separator = "("u8;
        foreach (var language in languages.Take(StructureLimits.Parameters))
        {
            output.Raw(separator).String(language);
            separator = " "u8;
        }

        output.Raw(")"u8);
    }

    private static ParameterList Parameters(PartNode part, ImapText output) => ParameterList.Read(Shown(part, output)[HeaderId.ContentType], out _);

    private static HeaderFields Shown(PartNode part, ImapText output) => output.Length > StructureLimits.StructureOctets ? None : part.Fields;

    // RFC 2045 §6.1: absent means 7bit; so does what is no token, since no client could decode it.
    private static ReadOnlySpan<byte> Encoding(HeaderFields fields)
    {
        var value = ParameterList.Strip(fields[HeaderId.ContentTransferEncoding]).TrimEnd(" \t;,"u8);
        return value.IsEmpty || value.ContainsAnyExcept(TokenOctets) ? "7bit"u8 : value;
    }

    private static byte[] Addresses(byte[]? field)
    {
        var output = new ImapText();
        AddressWriter.Write(field, output);
        return output.ToArray();
    }

    private static bool IsNil(byte[] addresses) => addresses.AsSpan().SequenceEqual("NIL"u8);

    private static byte[]? Text(byte[]? value) => value is null ? null : EncodedWords.Encode(value);
}
