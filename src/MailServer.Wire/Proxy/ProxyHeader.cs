using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using System.Net;
using System.Text;

namespace MailServer.Wire.Proxy;

/// <summary>How far the reading of a header has come.</summary>
public enum ProxyReading
{
    /// <summary>More octets are needed.</summary>
    Incomplete,
    /// <summary>It is there.</summary>
    Done,
    /// <summary>It is none.</summary>
    Wrong,
}

/// <summary>
/// What a proxy says of the connection that it passes on: the PROXY protocol of HAProxy, versions 1 and 2
/// (https://www.haproxy.org/download/2.9/doc/proxy-protocol.txt).
/// </summary>
/// <param name="Source">The client's end; null where the proxy speaks for itself or does not know.</param>
/// <param name="Destination">The end that the client has connected to.</param>
public readonly record struct ProxyHeader(IPEndPoint? Source, IPEndPoint? Destination)
{
    // Section 2.1: the longest line with its CRLF.
    private const int MaxLine = 107;

    // Section 2.2: addresses of IPv6 are 36 octets, the rest is what proxies add; more than this none does.
    private const int MaxBinary = 4096;

    private static ReadOnlySpan<byte> Signature => "\r\n\r\n\0\r\nQUIT\n"u8;

    /// <summary>Reads a header at the beginning of what has come.</summary>
    /// <param name="input">What has come.</param>
    /// <param name="header">What it says, when it is done.</param>
    /// <param name="length">Its octets, when it is done.</param>
    public static ProxyReading TryRead(in ReadOnlySequence<byte> input, out ProxyHeader header, out int length)
    {
        (header, length) = (default, 0);
        Span<byte> octets = stackalloc byte[(int)Math.Min(input.Length, MaxBinary + 16)];
        input.Slice(0, octets.Length).CopyTo(octets);
        if (octets.IsEmpty)
            return ProxyReading.Incomplete;
        if (octets[0] == 'P')
            return ReadLine(octets, out header, out length);
        var common = Math.Min(octets.Length, Signature.Length);
        if (!octets[..common].SequenceEqual(Signature[..common]))
            return ProxyReading.Wrong;
        return octets.Length < 16 ? ProxyReading.Incomplete : ReadBinary(octets, out header, out length);
    }

    /// <summary>Version 1: <c>PROXY TCP4 SOURCE DESTINATION SOURCE-PORT DESTINATION-PORT CRLF</c>.</summary>
    private static ProxyReading ReadLine(ReadOnlySpan<byte> octets, out ProxyHeader header, out int length)
    {
        (header, length) = (default, 0);
        var start = Math.Min(octets.Length, 6);
        if (!octets[..start].SequenceEqual("PROXY "u8[..start]))
            return ProxyReading.Wrong;
        var end = octets.IndexOf("\r\n"u8);
        if (end < 0)
            return octets.Length < MaxLine ? ProxyReading.Incomplete : ProxyReading.Wrong;
        if (end + 2 > MaxLine || start < 6)
            return ProxyReading.Wrong;
        length = end + 2;
        var line = octets[6..end];
        if (line.StartsWith("UNKNOWN"u8) && (line.Length == 7 || line[7] == ' '))
            return ProxyReading.Done;
        var words = Encoding.ASCII.GetString(line).Split(' ');
        var family = words[0] switch { "TCP4" => System.Net.Sockets.AddressFamily.InterNetwork, "TCP6" => System.Net.Sockets.AddressFamily.InterNetworkV6, _ => default };
        if (words.Length != 5 || family == default
            || !IPAddress.TryParse(words[1], out var source) || !IPAddress.TryParse(words[2], out var destination) || source.AddressFamily != family || destination.AddressFamily != family
            || !TryPort(words[3], out var sourcePort) || !TryPort(words[4], out var destinationPort))
            return ProxyReading.Wrong;
        header = new(new(source, sourcePort), new(destination, destinationPort));
        return ProxyReading.Done;
    }

    private static bool TryPort(string text, out ushort port)
    {
        port = 0;
        return text.Length is > 0 and <= 5 && Utf8Parser.TryParse(Encoding.ASCII.GetBytes(text), out port, out var read) && read == text.Length;
    }

    /// <summary>Version 2: signature, version and command, family and protocol, length, addresses.</summary>
    private static ProxyReading ReadBinary(ReadOnlySpan<byte> octets, out ProxyHeader header, out int length)
    {
        header = default;
        length = 16 + BinaryPrimitives.ReadUInt16BigEndian(octets[14..]);
        if (octets[12] is not (0x20 or 0x21) || length > MaxBinary + 16)
            return ProxyReading.Wrong;
        if (octets.Length < length)
            return ProxyReading.Incomplete;
        // LOCAL: the proxy's own connection, as it makes to see whether we live.
        if (octets[12] == 0x20)
            return ProxyReading.Done;
        var body = octets[16..length];
        var size = octets[13] switch { 0x11 => 4, 0x21 => 16, _ => 0 };
        // Neither TCP over IPv4 nor over IPv6: the addresses are to be passed over.
        if (size == 0)
            return ProxyReading.Done;
        if (body.Length < 2 * size + 4)
            return ProxyReading.Wrong;
        header = new(
            new(new IPAddress(body[..size]), BinaryPrimitives.ReadUInt16BigEndian(body[(2 * size)..])),
            new(new IPAddress(body[size..(2 * size)]), BinaryPrimitives.ReadUInt16BigEndian(body[(2 * size + 2)..])));
        return ProxyReading.Done;
    }
}
