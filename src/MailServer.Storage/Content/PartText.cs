using System.Text;
using MimeKit;
using MimeKit.Encodings;

namespace MailServer.Storage;

/// <summary>The text of MIME parts as a person reads it, piece by piece: transfer encoding and charset undone. One at a time, one after the other.</summary>
public sealed class PartText
{
    /// <summary>Least room for characters: a piece of a message is some thousand octets.</summary>
    private const int LeastRoom = 8192;

    private static readonly byte[] Padding = "=="u8.ToArray();

    private IMimeDecoder? _transfer;
    private Decoder _charset = Encoding.UTF8.GetDecoder();
    private byte[] _octets = [];
    private char[] _characters = [];

    /// <summary>Begins a part.</summary>
    /// <param name="encoding">What its Content-Transfer-Encoding says (RFC 2045 §6).</param>
    /// <param name="charset">What its Content-Type says; see <see cref="Charsets.Find"/>.</param>
    public void Begin(ContentEncoding encoding, string? charset)
    {
        _transfer = encoding switch
        {
            ContentEncoding.Base64 => new Base64Decoder(),
            ContentEncoding.QuotedPrintable => new QuotedPrintableDecoder(),
            ContentEncoding.UUEncode => new UUDecoder(),
            _ => null,
        };
        _charset = Charsets.Find(charset).GetDecoder();
    }

    /// <summary>The characters that the part's next octets make. They are good until the next call.</summary>
    public ReadOnlySpan<char> Read(byte[] octets, int start, int count)
    {
        if (_transfer is null)
            return Characters(octets.AsSpan(start, count));
        var needed = _transfer.EstimateOutputLength(count);
        if (_octets.Length < needed)
            _octets = new byte[needed];
        return Characters(_octets.AsSpan(0, _transfer.Decode(octets, start, count, _octets)));
    }

    /// <summary>What is left at the part's end: some mailers leave base64's padding out, and the decoder keeps the last letters back.</summary>
    public ReadOnlySpan<char> End() => _transfer is Base64Decoder ? Read(Padding, 0, Padding.Length) : default;

    private ReadOnlySpan<char> Characters(ReadOnlySpan<byte> octets)
    {
        var needed = _charset.GetCharCount(octets, flush: false);
        if (_characters.Length < needed)
            _characters = new char[Math.Max(needed, LeastRoom)];
        return _characters.AsSpan(0, _charset.GetChars(octets, _characters, flush: false));
    }
}
