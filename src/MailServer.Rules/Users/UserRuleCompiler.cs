namespace MailServer.Rules;

/// <summary>Has users' scripts compiled against what is for users, one account at a time. What makes the compiler fail or run too long is that script's fault and no other's.</summary>
internal sealed class UserRuleCompiler(UserRuleOptions options, TimeProvider time) : IDisposable
{
    private readonly SemaphoreSlim _turn = new(1);
    private long _since = time.GetTimestamp();
    private readonly RuleHostProcess _process =
        new(options.Workers.RuleHostPath, options.CompileClockLimit, options.CompilerStay, time) { IsForUsers = true, ProcessorLimit = options.CompileLimit };

    /// <summary>The API, the compiler, and that it is for users: a form that was compiled for administrators is not taken for one of theirs.</summary>
    public string Identity { get; } = RuleIdentity.Of(options.Workers.RuleHostPath, "users");

    /// <summary>Whether it has been at one request for longer than a start takes: then it is a text that it cannot cope with, and whoever comes now may wait for long.</summary>
    public bool IsStuck => _turn.CurrentCount == 0 && time.GetElapsedTime(Volatile.Read(ref _since)) >= options.CompileWaitForOthers;

    /// <summary>Whether it compiles now.</summary>
    public bool IsBusy => _turn.CurrentCount == 0;

    /// <summary>Compiles texts of an account, given as files of ours; their compiled forms come to lie beside them.</summary>
    /// <exception cref="RuleHostException">The compiler cannot be used at all.</exception>
    public async Task<IReadOnlyList<CompileReply>> CompileAsync(string account, IReadOnlyList<string> files, CancellationToken cancellationToken)
    {
        var replies = await TryAsync(account, files, isAlone: false, cancellationToken).ConfigureAwait(false);
        // A compiler that died says nothing of the file it died of, nor of those after it.
        foreach (var file in files.Where(file => replies.All(reply => reply.File != file)).ToArray())
            replies.Add(await CompileAloneAsync(account, file, cancellationToken).ConfigureAwait(false));
        return replies;
    }

    public void Dispose()
    {
        _process.Dispose();
        _turn.Dispose();
    }

    // One turn each: an account with many texts that the compiler cannot cope with must not keep it from others until the last of them.
    private async Task<List<CompileReply>> TryAsync(string account, IReadOnlyList<string> files, bool isAlone, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        Volatile.Write(ref _since, time.GetTimestamp());
        try
        {
            _process.Folders = options.KnownFolders?.Invoke(account) ?? [];
            return [.. await _process.CompileAsync(files, null, Identity, cancellationToken).ConfigureAwait(false)];
        }
        catch (RuleHostException e) when (e.IsByInput && !isAlone)
        {
            return [];
        }
        finally
        {
            _turn.Release();
        }
    }

    private async Task<CompileReply> CompileAloneAsync(string account, string file, CancellationToken cancellationToken)
    {
        var reason = "it ends without an answer";
        try
        {
            if (await TryAsync(account, [file], isAlone: true, cancellationToken).ConfigureAwait(false) is [var reply])
                return reply;
        }
        catch (RuleHostException e) when (e.IsByInput)
        {
            reason = e.Message;
        }

        return new()
        {
            File = file,
            Key = RuleScript.KeyOf(Identity, await File.ReadAllBytesAsync(file, cancellationToken).ConfigureAwait(false)),
            Diagnostics = [RuleDiagnostic.OfFile(file, $"the compiler cannot cope with it: {reason}")],
        };
    }
}
