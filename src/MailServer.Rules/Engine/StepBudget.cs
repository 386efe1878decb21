using System.ComponentModel;
using System.Runtime.CompilerServices;

namespace MailServer.Rules;

/// <summary>
/// Ends a script that does not end by itself. The compiler puts a call into every loop and every function of a script, so that an endless
/// loop or recursion becomes an error of that script. Administrators' scripts run in the server's process, where nothing else could stop them.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public static class StepBudget
{
    /// <summary>Steps a script may take for one mail: a few milliseconds of work, thousands of times what a real rule needs.</summary>
    public const int Default = 1_000_000;

    // A rule runs on one thread from its start to its end; on any other thread there is nothing to spend.
    [ThreadStatic]
    private static int t_left;

    internal static void Start(int steps) => t_left = steps;

    /// <summary>Whether the script took more than it may, also when it has caught the exception that said so.</summary>
    internal static bool IsSpent => t_left < 0;

    /// <summary>Called at every turn of a loop.</summary>
    public static void Step()
    {
        if (--t_left < 0)
            ThrowSpent();
    }

    /// <summary>Called at the start of every function.</summary>
    public static void Call()
    {
        Step();
        RuntimeHelpers.EnsureSufficientExecutionStack();
    }

    private static void ThrowSpent() => throw new StepBudgetException();
}

/// <summary>A script took too many steps.</summary>
internal sealed class StepBudgetException : Exception
{
    public StepBudgetException()
        : base("the script took too many steps: an endless loop?")
    {
    }
}
