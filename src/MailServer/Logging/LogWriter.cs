using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using MailServer.Server.Configuration;
using Microsoft.Extensions.Logging;

namespace MailServer.Server.Logging;

/// <summary>Writes log lines to a stream. Each is formatted at once: nothing of what a plugin hands over is kept.</summary>
internal sealed class LogWriter(Stream output, TimeProvider time) : ILoggerFactory
{
    private readonly Lock _lock = new();
    private volatile LogConfig _config = new(LogFormat.Text, LogLevel.Information);

    /// <summary>Takes effect with the next line.</summary>
    public LogConfig Config
    {
        get => _config;
        set => _config = value;
    }

    public ILogger CreateLogger(string categoryName) => new CategoryLogger(this, categoryName);

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    public void Dispose()
    {
    }

    private bool IsEnabled(string category, LogLevel level) =>
        level != LogLevel.None
        && level >= _config.Level
        // The transport tells of each connection that is reset; that is a mail server's daily bread.
        && (level >= LogLevel.Warning || !category.StartsWith("Microsoft.", StringComparison.Ordinal));

    private void Write<TState>(string category, LogLevel level, EventId id, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        var message = formatter(state, exception);
        var line = _config.Format switch
        {
            LogFormat.Json => Json(category, level, id, state, message, exception),
            LogFormat.Journald => Lines($"<{PriorityOf(level)}>", $"{category}: {message}", exception),
            _ => Lines("", $"{Now()} {NameOf(level)} {category}: {message}", exception),
        };
        lock (_lock)
        {
            try
            {
                output.Write(line);
                output.Flush();
            }
            catch (IOException)
            {
                // Nobody reads the log any more; mail goes on.
            }
        }
    }

    private string Now() => time.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    /// <summary>The line, and one for each of the exception's. Each carries the prefix, as the journal asks for.</summary>
    private static byte[] Lines(string prefix, string message, Exception? exception)
    {
        var text = new StringBuilder(prefix).Append(OnOneLine(message)).Append('\n');
        if (exception is not null)
            foreach (var line in exception.ToString().Split('\n'))
                text.Append(prefix).Append("    ").Append(OnOneLine(line.TrimEnd('\r'))).Append('\n');
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private byte[] Json<TState>(string category, LogLevel level, EventId id, TState state, string message, Exception? exception)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("time"u8, Now());
            json.WriteString("level"u8, NameOf(level));
            json.WriteString("category"u8, category);
            json.WriteNumber("event"u8, id.Id);
            json.WriteString("message"u8, message);
            if (state is IReadOnlyList<KeyValuePair<string, object?>> fields)
                foreach (var (name, value) in fields)
                    if (name != "{OriginalFormat}")
                        WriteField(json, name, value);
            if (exception is not null)
                json.WriteString("exception"u8, exception.ToString());
            json.WriteEndObject();
        }

        buffer.Write("\n"u8);
        return buffer.WrittenSpan.ToArray();
    }

    private static void WriteField(Utf8JsonWriter json, string name, object? value)
    {
        switch (value)
        {
            case int number:
                json.WriteNumber(name, number);
                break;
            case long number:
                json.WriteNumber(name, number);
                break;
            case bool flag:
                json.WriteBoolean(name, flag);
                break;
            default:
                json.WriteString(name, Convert.ToString(value, CultureInfo.InvariantCulture));
                break;
        }
    }

    // A line break from a peer would forge a line of the log.
    private static string OnOneLine(string text)
    {
        if (!text.AsSpan().ContainsAnyInRange('\0', '\u001f') && !text.AsSpan().ContainsAnyInRange('\u007f', '\u009f'))
            return text;
        var clean = new StringBuilder(text.Length + 8);
        foreach (var c in text)
            _ = char.IsControl(c) ? clean.Append(CultureInfo.InvariantCulture, $"\\x{(int)c:x2}") : clean.Append(c);
        return clean.ToString();
    }

    private static string NameOf(LogLevel level) => level switch
    {
        LogLevel.Trace => "trace",
        LogLevel.Debug => "debug",
        LogLevel.Information => "info",
        LogLevel.Warning => "warning",
        LogLevel.Error => "error",
        _ => "critical",
    };

    // sd-daemon(3)
    private static int PriorityOf(LogLevel level) => level switch
    {
        LogLevel.Trace or LogLevel.Debug => 7,
        LogLevel.Information => 6,
        LogLevel.Warning => 4,
        LogLevel.Error => 3,
        _ => 2,
    };

    private sealed class CategoryLogger(LogWriter writer, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => writer.IsEnabled(category, logLevel);

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
                writer.Write(category, logLevel, eventId, state, exception, formatter);
        }
    }
}
