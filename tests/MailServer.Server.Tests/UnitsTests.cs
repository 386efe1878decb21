using MailServer.Server.Configuration;

namespace MailServer.Server.Tests;

public sealed class UnitsTests
{
    [Theory]
    [InlineData("0B", 0)]
    [InlineData("1KiB", 1024)]
    [InlineData("50MiB", 50L * 1024 * 1024)]
    [InlineData("8589934591GiB", 8589934591L << 30)]
    public void A_size_is_digits_and_a_unit(string text, long size)
    {
        Assert.True(Units.TryReadSize(text, out var read));
        Assert.Equal(size, read);
    }

    [Theory]
    [InlineData("")]
    [InlineData("MiB")]
    [InlineData("50")]
    [InlineData("50MB")]
    [InlineData("50 MiB")]
    [InlineData("-1B")]
    [InlineData("+1B")]
    [InlineData("1.5MiB")]
    [InlineData("8589934592GiB")]
    [InlineData("99999999999999999999B")]
    public void Nothing_else_is_a_size(string text) => Assert.False(Units.TryReadSize(text, out _));

    [Theory]
    [InlineData("1ms", 1)]
    [InlineData("2s", 2_000)]
    [InlineData("5m", 300_000)]
    [InlineData("3h", 10_800_000)]
    [InlineData("1d", 86_400_000)]
    public void A_time_is_digits_and_a_unit(string text, long milliseconds)
    {
        Assert.True(Units.TryReadTime(text, out var read));
        Assert.Equal(milliseconds, read.TotalMilliseconds);
        Assert.Equal(text, Units.Write(read));
    }

    [Theory]
    [InlineData("")]
    [InlineData("m")]
    [InlineData("5")]
    [InlineData("5min")]
    [InlineData("5 m")]
    [InlineData("-5m")]
    [InlineData("1e3s")]
    [InlineData("99999999999999d")]
    public void Nothing_else_is_a_time(string text) => Assert.False(Units.TryReadTime(text, out _));
}
