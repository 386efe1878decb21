namespace MailServer.Server.Commands;

/// <summary>What commands end with.</summary>
internal static class ExitCode
{
    /// <summary>Done.</summary>
    public const int Done = 0;

    /// <summary>The answer is no: a check failed, something could not be done.</summary>
    public const int No = 1;

    /// <summary>Wrong use or a broken configuration.</summary>
    public const int Wrong = 2;

    /// <summary>Says why on stderr.</summary>
    public static async Task<int> FailAsync(int code, string reason)
    {
        await Console.Error.WriteLineAsync(reason).ConfigureAwait(false);
        return code;
    }
}
