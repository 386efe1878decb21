namespace MailServer.Rules;

/// <summary>Has users' scripts compiled against what is for users, one account at a time. What makes the compiler fail or run too long is that script's fault and no other's.</summary>
internal sealed class UserRuleCompiler(UserRuleOptions options, TimeProvider time) : IDisposable
{
    private readonly SemaphoreSlim _turn = new(1);
    private readonly RuleHostProcess _process =
        new(options.Workers.RuleHostPath, options.CompileLimit, options.CompilerStay, time) { IsForUsers = true };

    /// <summary>The API, the compiler, and that it is for users: a form that was compiled for administrators is not taken for one of theirs.</summary>
    public string Identity { get; } = RuleIdentity.Of(options.Workers.RuleHostPath, "users");

    /// <summary>Compiles texts, given as files of ours; their compiled forms come to lie beside them.</summary>
    /// <exception cref="RuleHostException">The compiler cannot be used at all.</exception>
    public async Task<IReadOnlyList<CompileReply>> CompileAsync(IReadOnlyList<string> files, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var replies = await TryAsync(files, isAlone: false, cancellationToken).ConfigureAwait(false);
            // A compiler that died says nothing of the file it died of, nor of those after it.
            foreach (var file in files.Where(file => replies.All(reply => reply.File != file)).ToArray())
                replies.Add(await CompileAloneAsync(file, cancellationToken).ConfigureAwait(false));
            return replies;
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose()
    {
        _process.Dispose();
        _turn.Dispose();
    }

    private async Task<List<CompileReply>> TryAsync(IReadOnlyList<string> files, bool isAlone, CancellationToken cancellationToken)
    {
        try
        {
            return [.. await _process.CompileAsync(files, null, Identity, cancellationToken).ConfigureAwait(false)];
        }
        catch (RuleHostException e) when (e.IsByInput && !isAlone)
        {
            return [];
        }
    }

    private async Task<CompileReply> CompileAloneAsync(string file, CancellationToken cancellationToken)
    {
        var reason = "it ends without an answer";
        try
        {
            if (await TryAsync([file], isAlone: true, cancellationToken).ConfigureAwait(false) is [var reply])
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
