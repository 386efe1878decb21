using System.Buffers;
using System.Text;
using MailServer.Wire.Imap;

namespace MailServer.Wire.Tests.Imap;

/// <summary>Transfer encodings undone (RFC 2045 §6), whole and octet by octet.</summary>
public sealed class TransferDecoderTests
{
    [Theory]
    [InlineData("BASE64", "aGVs\r\nbG8=", "hello")]
    [InlineData("base64", " aGVs bG8", "hello")]
    [InlineData("base64", "aGVsbA==aGVsbG8=", "hellhello")]
    [InlineData("base64", "a!G*V~sbG8==", "hello")]
    [InlineData("base64", "=", "")]
    [InlineData("base64", "a", "")]
    [InlineData("base64", "////", "\u00ff\u00ff\u00ff")]
    [InlineData("quoted-printable", "a=3Db", "a=b")]
    [InlineData("quoted-printable", "a=\r\nb", "ab")]
    [InlineData("quoted-printable", "a= \t\r\nb", "ab")]
    [InlineData("quoted-printable", "a \t\r\nb c", "a\r\nb c")]
    [InlineData("quoted-printable", "a=20\r\n", "a \r\n")]
    [InlineData("quoted-printable", "a=c3=A9", "a\u00c3\u00a9")]
    [InlineData("quoted-printable", "a=XY", "a=XY")]
    [InlineData("quoted-printable", "a=4Z", "a=4Z")]
    [InlineData("quoted-printable", "a= b", "a= b")]
    [InlineData("quoted-printable", "a==3D", "a==")]
    [InlineData("quoted-printable", "a\rb", "a\rb")]
    [InlineData("quoted-printable", "a=\rb", "a=\rb")]
    [InlineData("quoted-printable", "a=", "a")]
    [InlineData("quoted-printable", "a=4", "a=4")]
    [InlineData("quoted-printable", "a\r", "a\r")]
    [InlineData("quoted-printable", "a  ", "a")]
    public void Decodes(string encoding, string text, string decoded)
    {
        var octets = Encoding.Latin1.GetBytes(text);
        Assert.Equal(decoded, Decode(encoding, octets, octets.Length));
        Assert.Equal(decoded, Decode(encoding, octets, 1));
    }

    [Theory]
    [InlineData("", true)]
    [InlineData("7bit", true)]
    [InlineData("8BIT", true)]
    [InlineData("Binary", true)]
    [InlineData("x-uuencode", false)]
    [InlineData("base64x", false)]
    public void Knows_what_stays_as_it_is(string encoding, bool isKnown)
    {
        Assert.Equal(isKnown, TransferDecoder.TryFind(Encoding.ASCII.GetBytes(encoding), out var decoder));
        Assert.Null(decoder);
    }

    private static string Decode(string encoding, byte[] octets, int piece)
    {
        Assert.True(TransferDecoder.TryFind(Encoding.ASCII.GetBytes(encoding), out var decoder));
        var output = new ArrayBufferWriter<byte>();
        foreach (var part in octets.Chunk(piece))
            decoder!.Decode(part, output);
        decoder!.Finish(output);
        return Encoding.Latin1.GetString(output.WrittenSpan);
    }
}
