using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace MailServer.Plugins.Template;

/// <summary>What a session takes along from one generation to the next. Serialised: an object of this type would keep the old code in memory.</summary>
internal sealed partial record SessionRecord
{
    // Add members with a default, and the number stays; change the meaning of one, and it becomes template/2.
    private const string Format = "template/1";

    /// <summary>How many commands the session has seen.</summary>
    public long Commands { get; init; }

    /// <summary>As the server carries it.</summary>
    public SessionState Write() => new() { Format = Format, Data = JsonSerializer.SerializeToUtf8Bytes(this, Json.Default.SessionRecord) };

    /// <summary>Reads the state that an older generation has handed over. False when it is of a kind that we do not know: the session then goes on where it was.</summary>
    public static bool TryRead(SessionState state, [NotNullWhen(true)] out SessionRecord? record)
    {
        record = null;
        if (state.Format != Format)
            return false;
        try
        {
            record = JsonSerializer.Deserialize(state.Data.Span, Json.Default.SessionRecord);
        }
        catch (JsonException)
        {
            // Then we do not know it.
        }

        return record is not null;
    }

    // Source-generated: reflection would leave this type in a cache of the runtime's, for ever.
    [JsonSerializable(typeof(SessionRecord))]
    private sealed partial class Json : JsonSerializerContext;
}
