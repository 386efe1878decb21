namespace MailServer.Rules;

/// <summary>Has the last word before a new set of scripts goes into service: it runs the tests that lie beside them.</summary>
public interface IRuleGate
{
    /// <summary>Says what speaks against a set; nothing lets it pass.</summary>
    /// <param name="candidate">The scripts, compiled. Not to be kept.</param>
    /// <param name="directory">Where they are.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task<IReadOnlyList<RuleDiagnostic>> CheckAsync(RuleSet candidate, string directory, CancellationToken cancellationToken);
}
