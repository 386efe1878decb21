using System.Text;
using MailServer.Wire.Proxy;

namespace MailServer.Wire.Tests;

public sealed class ProxyHeaderTests
{
    private const string Signature = "0D0A0D0A000D0A515549540A";

    [Theory]
    [InlineData("PROXY TCP4 192.0.2.7 198.51.100.1 40000 25\r\n", "192.0.2.7:40000", "198.51.100.1:25")]
    [InlineData("PROXY TCP6 2001:db8::7 2001:db8::1 40000 25\r\n", "[2001:db8::7]:40000", "[2001:db8::1]:25")]
    [InlineData("PROXY UNKNOWN\r\n", "", "")]
    [InlineData("PROXY UNKNOWN ffff:f...f:ffff ffff:f...f:ffff 65535 65535\r\n", "", "")]
    public void Reads_version_1_however_it_is_cut(string line, string source, string destination) => Expect(Encoding.ASCII.GetBytes(line), source, destination);

    [Theory]
    [InlineData("2111000C" + "C0000207" + "C6336401" + "9C40" + "0019", "192.0.2.7:40000", "198.51.100.1:25")]
    [InlineData("2111000F" + "C0000207" + "C6336401" + "9C40" + "0019" + "040000", "192.0.2.7:40000", "198.51.100.1:25")]
    [InlineData("21210024" + "20010DB8000000000000000000000007" + "20010DB8000000000000000000000001" + "9C40" + "0019", "[2001:db8::7]:40000", "[2001:db8::1]:25")]
    [InlineData("20000000", "", "")]
    [InlineData("20110004" + "01020304", "", "")]
    [InlineData("21000000", "", "")]
    [InlineData("21310003" + "010203", "", "")]
    public void Reads_version_2_however_it_is_cut(string hex, string source, string destination) => Expect(Convert.FromHexString(Signature + hex), source, destination);

    [Theory]
    [InlineData("EHLO x\r\n")]
    [InlineData("PROXY\r\n")]
    [InlineData("PROXY TCP4 192.0.2.7 198.51.100.1 40000\r\n")]
    [InlineData("PROXY TCP4 2001:db8::7 2001:db8::1 40000 25\r\n")]
    [InlineData("PROXY TCP4 192.0.2.7 198.51.100.1 40000 65536\r\n")]
    [InlineData("PROXY TCP4 192.0.2.7 198.51.100.1 -1 25\r\n")]
    [InlineData("PROXY TCP5 192.0.2.7 198.51.100.1 40000 25\r\n")]
    [InlineData("PROXY TCP4 a.example 198.51.100.1 40000 25\r\n")]
    [InlineData("PROXY UNKNOWN                                                                                                   \r\n")]
    [InlineData("\r\n\r\nEHLO")]
    public void Refuses_what_is_none(string text) => Refuse(Encoding.ASCII.GetBytes(text));

    [Theory]
    [InlineData("1111000C" + "C0000207" + "C6336401" + "9C40" + "0019")]
    [InlineData("2211000C" + "C0000207" + "C6336401" + "9C40" + "0019")]
    [InlineData("2111000B" + "C0000207" + "C6336401" + "9C40" + "00")]
    [InlineData("2121000C" + "C0000207" + "C6336401" + "9C40" + "0019")]
    [InlineData("2111FFFF")]
    public void Refuses_octets_that_are_none(string hex) => Refuse(Convert.FromHexString(Signature + hex));

    [Fact]
    public void A_line_that_does_not_end_is_not_waited_for()
    {
        Assert.Equal(ProxyReading.Incomplete, ProxyHeader.TryRead(new(Encoding.ASCII.GetBytes("PROXY " + new string('x', 100))), out _, out _));
        Assert.Equal(ProxyReading.Wrong, ProxyHeader.TryRead(new(Encoding.ASCII.GetBytes("PROXY " + new string('x', 101))), out _, out _));
    }

    private static void Expect(byte[] header, string source, string destination)
    {
        byte[] all = [.. header, .. "EHLO x\r\n"u8];
        for (var cut = 0; cut < header.Length; cut++)
            Assert.Equal(ProxyReading.Incomplete, ProxyHeader.TryRead(new(all.AsMemory(0, cut)), out _, out _));
        Assert.Equal(ProxyReading.Done, ProxyHeader.TryRead(new(all), out var read, out var length));
        Assert.Equal((header.Length, source, destination), (length, read.Source?.ToString() ?? "", read.Destination?.ToString() ?? ""));
    }

    private static void Refuse(byte[] octets) => Assert.Equal(ProxyReading.Wrong, ProxyHeader.TryRead(new(octets), out _, out _));
}
