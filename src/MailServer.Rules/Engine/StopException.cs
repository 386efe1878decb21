namespace MailServer.Rules;

/// <summary>Carries <see cref="RuleGlobals.Stop"/> out of a script's functions. No error.</summary>
internal sealed class StopException : Exception
{
    public StopException()
        : base("the script has called Stop()")
    {
    }
}
