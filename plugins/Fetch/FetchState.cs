using System.Text.Json;
using System.Text.Json.Serialization;

namespace MailServer.Plugins.Fetch;

/// <summary>What is known of an account elsewhere: which of its messages are here, and which one is on its way.</summary>
internal sealed record FetchState
{
    /// <summary>The folder's UIDVALIDITY; 0 before the first look, and with POP3.</summary>
    public uint Validity { get; init; }

    /// <summary>The greatest UID that is done with; IMAP.</summary>
    public uint Last { get; init; }

    /// <summary>Unique-ids that are done with and still there; POP3.</summary>
    public IReadOnlyList<string> Seen { get; init; } = [];

    /// <summary>Those of <see cref="Seen"/> that were refused here: they are never deleted there; POP3.</summary>
    public IReadOnlyList<string> Left { get; init; } = [];

    /// <summary>The message that is on its way; null when none is.</summary>
    public PendingMessage? Pending { get; init; }
}

/// <summary>A message of which it is not known yet whether it is safe here.</summary>
/// <param name="Uid">Its UID or unique-id there.</param>
/// <param name="Id">Our name for it, which stands in its Received field.</param>
/// <param name="Since">When it was begun.</param>
internal sealed record PendingMessage(string Uid, string Id, DateTimeOffset Since);

/// <summary>Keeps a <see cref="FetchState"/> in a file, replaced as a whole and synced.</summary>
internal sealed partial class FetchStateFile(string path)
{
    /// <summary>The state; a fresh one when there is none.</summary>
    /// <exception cref="IOException">It cannot be read: then nothing is fetched, or all would come again.</exception>
    public FetchState Read()
    {
        try
        {
            return File.Exists(path) ? JsonSerializer.Deserialize(File.ReadAllBytes(path), Json.Default.FetchState) ?? throw new IOException($"{path}: empty") : new();
        }
        catch (JsonException e)
        {
            throw new IOException($"{path}: {e.Message}", e);
        }
    }

    /// <exception cref="IOException">It cannot be written; what was there is there.</exception>
    public void Write(FetchState state)
    {
        var draft = path + ".new";
        using (var file = new FileStream(draft, FileMode.Create, FileAccess.Write))
        {
            file.Write(JsonSerializer.SerializeToUtf8Bytes(state, Json.Default.FetchState));
            file.Flush(flushToDisk: true);
        }

        File.Move(draft, path, overwrite: true);
    }

    [JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault)]
    [JsonSerializable(typeof(FetchState))]
    private sealed partial class Json : JsonSerializerContext;
}
