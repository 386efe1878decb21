using System.Text.Json.Serialization;
using MailServer.Pipeline;
using MailServer.Storage;

namespace MailServer.Server.Commands;

/// <summary>What <c>explain --json</c> prints for each account that has the message.</summary>
internal sealed record Explanation
{
    public required string Account { get; init; }

    /// <summary>Where it is now, with its copies; empty when it is gone.</summary>
    public required IReadOnlyList<ExplainedPlace> Now { get; init; }

    /// <summary>The journal's lines about it, oldest first.</summary>
    public required IReadOnlyList<JournalEntry> Story { get; init; }

    /// <summary>What the queue for other servers still has of it.</summary>
    public required IReadOnlyList<QueuedMail> Queued { get; init; }

    /// <summary>What the scripts ask of it, the administrators' and the account's own; null when there are none, or the message is gone.</summary>
    public required ExplainedRules? Rules { get; init; }
}

/// <summary>A copy, and where it is.</summary>
internal sealed record ExplainedPlace(string Folder, uint Uid, string Flags, string Path);

/// <summary>The scripts as they are now, asked about the message.</summary>
internal sealed record ExplainedRules
{
    /// <summary>Why they, or some of them, could not be asked.</summary>
    public string? Problem { get; init; }

    /// <summary>Where it would go today; null when none was asked.</summary>
    public string? Today { get; init; }

    /// <summary>The line that says so, as <c>20-junk.csx:7 Junk()</c>; null when no rule speaks.</summary>
    public string? TodayBy { get; init; }

    public IReadOnlyList<ExplainedScript> Scripts { get; init; } = [];

    /// <summary>Their texts, to show the line that decided.</summary>
    [JsonIgnore]
    public IReadOnlyList<ExplainedSource> Sources { get; init; } = [];
}

/// <summary>What one script asked and was told, and the beginning of its file's sha256.</summary>
internal sealed record ExplainedScript(string File, bool IsOwn, string Version, IReadOnlyList<RuleQuestion> Questions);

internal sealed record ExplainedSource(string File, bool IsOwn, IReadOnlyList<string> Lines);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(List<Explanation>))]
internal sealed partial class ExplanationJson : JsonSerializerContext;
