namespace MailServer.Rules;

/// <summary>One line of the rule host's input: what it is to compile.</summary>
internal sealed record CompileRequest
{
    /// <summary>The scripts.</summary>
    public required IReadOnlyList<string> Files { get; init; }

    /// <summary>The folder that their compiled forms go to; null when they are only to be checked.</summary>
    public string? Output { get; init; }

    /// <summary>Whether their compiled forms go beside them instead.</summary>
    public bool IsBeside { get; init; }

    /// <summary>What besides their text decides their compiled forms (<see cref="RuleIdentity"/>).</summary>
    public string Identity { get; init; } = "";

    /// <summary>Whether they are users', and so checked against what is for them.</summary>
    public bool IsForUsers { get; init; }

    /// <summary>Folders that their account has, by which misspelt ones are known.</summary>
    public IReadOnlyList<string> Folders { get; init; } = [];
}
