namespace MailServer.Rules;

/// <summary>Has the last word before a new set of scripts goes into service: it runs the tests that lie beside them.</summary>
public interface IRuleGate
{
    /// <summary>Says what speaks against a set; nothing lets it pass.</summary>
    /// <param name="candidate">The scripts, compiled. Not to be kept.</param>
    /// <param name="directory">Where they are.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task<IReadOnlyList<RuleDiagnostic>> CheckAsync(RuleSet candidate, string directory, CancellationToken cancellationToken);

    /// <summary>Says what speaks against a user's own scripts, which are asked in a worker and never here.</summary>
    /// <param name="candidate">The scripts. A failure counts neither against them nor against their account.</param>
    /// <param name="directory">Where they are. The folder is the user's: nothing in it is to be believed.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="RuleTrialException">No worker could be had: nothing is known of the scripts.</exception>
    Task<IReadOnlyList<RuleDiagnostic>> CheckAsync(UserRuleSet candidate, string directory, CancellationToken cancellationToken);
}

/// <summary>Scripts could not be tried, for a reason that is none of theirs.</summary>
public sealed class RuleTrialException(string reason) : Exception(reason);
