using System.Buffers;
using System.Text.Json;

namespace MailServer.Plugins.Smtp;

/// <summary>
/// A session between two generations: <c>smtp/1</c>, a JSON object. Written and read by hand, since a serialiser's caches would keep the
/// plugin from unloading.
/// </summary>
internal sealed record SavedSession(SmtpState State, int Errors, int AuthFailures)
{
    private const string Format = "smtp/1";

    public SessionState Write()
    {
        var octets = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(octets))
        {
            json.WriteStartObject();
            json.WriteBoolean("refused", State is SmtpState.Refused);
            json.WriteNumber("errors", Errors);
            json.WriteNumber("authFailures", AuthFailures);
            if (State is SmtpState.Ready ready)
            {
                json.WriteString("helo", ready.Helo);
                json.WriteBoolean("extended", ready.IsExtended);
                if (ready.User is { } user)
                    Write(json, user);
            }

            json.WriteEndObject();
        }

        return new() { Format = Format, Data = octets.WrittenMemory };
    }

    /// <summary>Null when it is not ours or cannot be read.</summary>
    public static SavedSession? TryRead(SessionState state)
    {
        if (state.Format != Format)
            return null;
        try
        {
            using var json = JsonDocument.Parse(state.Data);
            var root = json.RootElement;
            SmtpState where = root.GetProperty("refused").GetBoolean() ? new SmtpState.Refused()
                : root.TryGetProperty("helo", out var helo)
                    ? new SmtpState.Ready(helo.GetString() ?? "", root.GetProperty("extended").GetBoolean(), ReadUser(root))
                    : new SmtpState.Greeted();
            return new(where, root.GetProperty("errors").GetInt32(), root.GetProperty("authFailures").GetInt32());
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }

    private static void Write(Utf8JsonWriter json, User user)
    {
        json.WriteString("user", user.Name);
        json.WriteString("localPart", user.Address.LocalPart);
        json.WriteString("domain", user.Address.Domain);
        json.WriteString("home", user.Home);
    }

    private static User? ReadUser(JsonElement root) => !root.TryGetProperty("user", out var name) ? null : new()
    {
        Name = name.GetString() ?? "",
        Address = new(root.GetProperty("localPart").GetString() ?? "", root.GetProperty("domain").GetString() ?? ""),
        Home = root.GetProperty("home").GetString(),
    };
}
