using System.Buffers;
using System.Text;
using MailServer.Wire.Pop3;

namespace MailServer.Wire.Tests.Pop3;

public sealed class Pop3WriterTests
{
    [Fact]
    public void Writes_the_forms_of_RFC_1939()
    {
        var output = new ArrayBufferWriter<byte>();
        Pop3Writer.Ok(output, "done"u8);
        Pop3Writer.Ok(output, 12, " octets"u8);
        Pop3Writer.Err(output, "no"u8);
        Pop3Writer.Err(output, "a\r\n+OK é");
        Pop3Writer.Listing(output, 1, long.MaxValue);
        Pop3Writer.UniqueId(output, 2, "0000000112345678");
        output.Write(Pop3Writer.End);
        Assert.Equal("+OK done\r\n+OK 12 octets\r\n-ERR no\r\n-ERR a??+OK ?\r\n1 9223372036854775807\r\n2 0000000112345678\r\n.\r\n",
            Encoding.Latin1.GetString(output.WrittenSpan));
    }
}
