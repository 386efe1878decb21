using System.Text;

namespace MailServer.Storage.Tests;

public sealed class LfConverterTests
{
    [Theory]
    [InlineData("a\r\nb\r\n", "a\nb\n", 6)]
    [InlineData("a\nb", "a\nb", 4)]
    [InlineData("a\rb", "a\rb", 3)]
    [InlineData("a\r", "a\r", 2)]
    [InlineData("\r\r\n", "\r\r\n", 3)]
    [InlineData("\r\r\r\r\nx", "\r\r\r\r\nx", 6)]
    [InlineData("\r\n\r\n", "\n\n", 4)]
    [InlineData("", "", 0)]
    public void Only_a_lone_CR_before_LF_is_left_out(string text, string stored, long crlfSize)
    {
        for (var piece = 1; piece <= text.Length + 1; piece++)
        {
            var converter = default(LfConverter);
            var result = new List<byte>();
            foreach (var chunk in Encoding.Latin1.GetBytes(text).Chunk(piece))
            {
                var buffer = new byte[LfConverter.MaxLength(chunk.Length)];
                result.AddRange(buffer[..converter.Convert(chunk, buffer)]);
            }

            var rest = new byte[2];
            result.AddRange(rest[..converter.Finish(rest)]);
            Assert.Equal(stored, Encoding.Latin1.GetString([.. result]));
            Assert.Equal(crlfSize, converter.CrlfSize);
        }
    }
}
