namespace MailServer.Rules;

/// <summary>What the compiler says about a place in a script.</summary>
public sealed record RuleDiagnostic
{
    /// <summary>The script.</summary>
    public required string File { get; init; }

    /// <summary>The line, counted from 1; 0 when it is about the whole file.</summary>
    public required int Line { get; init; }

    /// <summary>The column, counted from 1.</summary>
    public required int Column { get; init; }

    /// <summary>The compiler's code, as <c>CS1061</c>; empty when the message is not the compiler's.</summary>
    public required string Id { get; init; }

    /// <summary>False for a warning.</summary>
    public required bool IsError { get; init; }

    /// <summary>One line.</summary>
    public required string Message { get; init; }

    /// <summary>What was probably meant, in plain words; empty when there is nothing to add.</summary>
    public string Hint { get; init; } = "";

    /// <summary>As <c>40-receipts.csx(1,15): CS1061 'Mail' does not contain a definition for 'Form'</c>.</summary>
    public override string ToString() =>
        $"{File}{(Line > 0 ? $"({Line},{Column})" : "")}: {(IsError ? "" : "warning ")}{(Id.Length > 0 ? Id + " " : "")}{(Hint.Length > 0 ? $"{Message.TrimEnd('.')} - {Hint}" : Message)}";

    internal static RuleDiagnostic OfFile(string file, string message) =>
        new() { File = file, Line = 0, Column = 0, Id = "", IsError = true, Message = message };
}

/// <summary>What a check of one file found.</summary>
/// <param name="File">The file, as it was asked for.</param>
/// <param name="Diagnostics">Errors and warnings in order of lines.</param>
public sealed record RuleCheck(string File, IReadOnlyList<RuleDiagnostic> Diagnostics)
{
    /// <summary>Whether it compiles.</summary>
    public bool IsGood => !Diagnostics.Any(diagnostic => diagnostic.IsError);
}
