using System.Text.Json.Serialization;

namespace MailServer.Rules;

/// <summary>One line of the rule host's output: what became of one file.</summary>
internal sealed record CompileReply
{
    /// <summary>The path, as it was given.</summary>
    public required string File { get; init; }

    /// <summary>The text's key; empty when the file could not be read.</summary>
    public string Key { get; init; } = "";

    /// <summary>Whether the compiled form is there under the key (or, in a check, could be).</summary>
    public bool IsCompiled { get; init; }

    public IReadOnlyList<RuleDiagnostic> Diagnostics { get; init; } = [];
}

[JsonSerializable(typeof(CompileReply))]
[JsonSerializable(typeof(CompileRequest))]
internal sealed partial class CompileJson : JsonSerializerContext;
