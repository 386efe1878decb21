using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace MailServer.Plugins.Relay;

/// <summary>
/// Writes down how TLS went with each server, for reports (RFC 8460 §4.3): a line of JSON for each session with a server of a domain, in a file a day,
/// <c>tls-results-2026-11-24</c>. Nothing of the messages is in it.
/// </summary>
internal sealed class TlsResults(string directory, TimeProvider time, ILogger logger)
{
    /// <summary>Octets of a day's file: a hundred thousand sessions. What comes after that is not written down.</summary>
    private const long MaxSize = 16 * 1024 * 1024;

    /// <summary>Days that are kept: a report tells of yesterday, and may be sent late.</summary>
    private const int Days = 14;

    private const string Prefix = "tls-results-";

    private readonly Lock _gate = new();
    private string _today = "";

    /// <param name="domain">Whose mail it is.</param>
    /// <param name="host">The server.</param>
    /// <param name="result">A word of RFC 8460 §4.3, or <c>successful</c>.</param>
    /// <param name="reason">What happened, in words.</param>
    public void Add(string domain, RelayHost host, string result, string? reason)
    {
        var now = time.GetUtcNow();
        var line = JsonSerializer.SerializeToUtf8Bytes(new Line(now, domain, host.Policy.Type, host.Name, host.Address.Address.ToString(), result, reason), Json.Default.Line);
        try
        {
            lock (_gate)
            {
                var name = Prefix + now.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
                if (_today != name)
                    Begin(name, now);
                using var file = new FileStream(Path.Combine(directory, name), FileMode.Append, FileAccess.Write, FileShare.Read);
                if (file.Length < MaxSize)
                    file.Write([.. line, (byte)'\n']);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Log.ResultsUnwritable(logger, e.Message);
        }
    }

    private void Begin(string name, DateTimeOffset now)
    {
        Directory.CreateDirectory(directory);
        var oldest = Prefix + now.AddDays(-Days).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        foreach (var old in Directory.GetFiles(directory, Prefix + "*").Where(path => string.CompareOrdinal(Path.GetFileName(path), oldest) < 0))
            File.Delete(old);
        _today = name;
    }

    internal sealed record Line(DateTimeOffset Time, string Domain, string Policy, string Mx, string Address, string Result, string? Reason);
}

[System.Text.Json.Serialization.JsonSourceGenerationOptions(PropertyNamingPolicy = System.Text.Json.Serialization.JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull)]
[System.Text.Json.Serialization.JsonSerializable(typeof(TlsResults.Line))]
internal sealed partial class Json : System.Text.Json.Serialization.JsonSerializerContext;
