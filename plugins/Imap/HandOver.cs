using System.Text.Json;
using System.Text.Json.Serialization;
using MailServer.Wire.Imap;

namespace MailServer.Plugins.Imap;

/// <summary>What a session tells the next generation, beside the host's objects. Format <see cref="Format"/>.</summary>
internal sealed record HandOver
{
    public const string Format = "imap/1";

    /// <summary>What the client's next line is.</summary>
    public ImapMode Mode { get; init; }

    /// <summary>The tag that waits for its answer, when the mode is not a command.</summary>
    public string Tag { get; init; } = "";

    /// <summary>Octets of a line that has begun.</summary>
    public byte[] Begun { get; init; } = [];

    /// <summary>BAD answers in a row.</summary>
    public int Errors { get; init; }

    /// <summary>Refused logins.</summary>
    public int LoginFailures { get; init; }

    /// <summary>How many keywords the client has been told of.</summary>
    public int Keywords { get; init; }

    /// <summary>What the client has enabled.</summary>
    public ImapFeatures Features { get; init; }

    /// <summary>Whether compression was started; it is the connection's.</summary>
    public bool IsCompressed { get; init; }

    /// <summary>UIDs that the last search saved, each range as first and last.</summary>
    public uint[] SavedUids { get; init; } = [];

    /// <summary>Searches that are kept up to date.</summary>
    public SavedContext[] Contexts { get; init; } = [];

    /// <summary>The MODSEQ up to which the client has been told everything.</summary>
    public ulong ToldModSeq { get; init; }

    /// <summary>Whether the client knows that it has not been told everything.</summary>
    public bool IsBehind { get; init; }

    public byte[] Write() => JsonSerializer.SerializeToUtf8Bytes(this, HandOverJson.Default.HandOver);

    /// <summary>Reads a state; null when it is none of ours.</summary>
    public static HandOver? TryRead(SessionState state)
    {
        if (state.Format != Format || (state.View is not null && state.Account is null))
            return null;
        try
        {
            return JsonSerializer.Deserialize(state.Data.Span, HandOverJson.Default.HandOver);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

/// <summary>A <see cref="SearchContext"/> for the next generation.</summary>
internal sealed record SavedContext(string Tag, bool IsUid, SearchTerm Term, uint[] Found)
{
    public SortCriterion[] SortBy { get; init; } = [];

    public uint[] Order { get; init; } = [];

    public static SavedContext Of(SearchContext context) =>
        new(context.Tag, context.IsUid, context.Term, [.. context.Found.Ranges.SelectMany(range => new[] { range.First, range.Last })])
        {
            SortBy = [.. context.SortBy],
            Order = [.. context.Order],
        };

    public SearchContext Read() => new(Tag, IsUid, Term, new(Found.Chunk(2).Select(pair => new SequenceRange(pair[0], pair[^1]))))
    {
        SortBy = SortBy ?? [],
        Order = [.. Order ?? []],
    };
}

/// <summary>Source-generated: reflection would keep the plugin's types in the host's caches.</summary>
[JsonSourceGenerationOptions(MaxDepth = 4 * GrammarLimits.Depth)] // a search term within another takes an object and a list
[JsonSerializable(typeof(HandOver))]
internal sealed partial class HandOverJson : JsonSerializerContext;
