using System.Text;
using System.Text.Json;
using MailServer.Server.Logging;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace MailServer.Server.Tests;

public sealed class LogWriterTests : IDisposable
{
    private readonly MemoryStream _output = new();
    private readonly LogWriter _writer;

    public LogWriterTests() => _writer = new(_output, new FakeTimeProvider(new(2026, 11, 24, 7, 30, 0, 5, TimeSpan.Zero)));

    private string Text => Encoding.UTF8.GetString(_output.ToArray());

    public void Dispose() => _writer.Dispose();

    [Theory]
    [InlineData(LogFormat.Text, "2026-11-24T07:30:00.005Z warning smtp: c1: hello\n")]
    [InlineData(LogFormat.Journald, "<4>smtp: c1: hello\n")]
    public void A_line_has_level_category_and_message(object format, string line)
    {
        Write((LogFormat)format, LogLevel.Warning, "hello");

        Assert.Equal(line, Text);
    }

    [Theory]
    [InlineData(LogLevel.Debug, "<7>")]
    [InlineData(LogLevel.Information, "<6>")]
    [InlineData(LogLevel.Warning, "<4>")]
    [InlineData(LogLevel.Error, "<3>")]
    [InlineData(LogLevel.Critical, "<2>")]
    public void The_journal_gets_its_own_levels(LogLevel level, string prefix)
    {
        _writer.Config = new(LogFormat.Journald, LogLevel.Trace);
        Write(LogFormat.Journald, level, "x");

        Assert.StartsWith(prefix, Text);
    }

    [Fact]
    public void JSON_has_each_field_of_the_message()
    {
        Write(LogFormat.Json, LogLevel.Information, "a \"b\"\nc");

        using var line = JsonDocument.Parse(Text);
        Assert.Equal("info", line.RootElement.GetProperty("level").GetString());
        Assert.Equal("smtp", line.RootElement.GetProperty("category").GetString());
        Assert.Equal("c1", line.RootElement.GetProperty("ConnectionId").GetString());
        Assert.Equal("a \"b\"\nc", line.RootElement.GetProperty("What").GetString());
        Assert.Equal(1, Text.Count(c => c == '\n'));
    }

    [Theory]
    [InlineData(LogFormat.Text)]
    [InlineData(LogFormat.Journald)]
    public void A_peer_cannot_forge_a_line(object format)
    {
        Write((LogFormat)format, LogLevel.Information, "EHLO x\r\n<0>kernel: panic\u001b[2J");

        Assert.Equal(1, Text.Count(c => c == '\n'));
        Assert.EndsWith("EHLO x\\x0d\\x0a<0>kernel: panic\\x1b[2J\n", Text);
    }

    [Fact]
    public void Each_line_of_an_exception_carries_the_prefix()
    {
        _writer.Config = new(LogFormat.Journald, LogLevel.Information);
        _writer.CreateLogger("smtp").Log(LogLevel.Error, new(1), "x", new InvalidOperationException("one\ntwo"), (state, _) => state);

        Assert.All(Text.TrimEnd('\n').Split('\n'), line => Assert.StartsWith("<3>", line));
    }

    [Fact]
    public void What_is_below_the_level_is_not_written()
    {
        Write(LogFormat.Text, LogLevel.Debug, "x");
        _writer.CreateLogger("Microsoft.AspNetCore.Server.Kestrel").Log(LogLevel.Information, new(1), "x", null, (state, _) => state);

        Assert.Empty(Text);
    }

    private void Write(LogFormat format, LogLevel level, string what)
    {
        _writer.Config = new(format, _writer.Config.Level);
#pragma warning disable CA2254 // the template is the test's
        _writer.CreateLogger("smtp").Log(level, "{ConnectionId}: {What}", "c1", what);
#pragma warning restore CA2254
    }
}
