namespace MailServer.Rules.Tests;

/// <summary>A worker without a process: a test says when it answers, and what that took.</summary>
internal sealed class FakeWorker : IRuleWorker
{
    private TaskCompletionSource<RuleOutcome>? _answer;

    public string Account { get; private set; } = "";

    public int Runs { get; private set; }

    public bool IsUsable { get; private set; } = true;

    public bool IsDisposed { get; private set; }

    public TimeSpan Spent { get; private set; }

    public bool IsBusy => _answer is { Task.IsCompleted: false };

    /// <summary>The scripts' only file names the account.</summary>
    public Task<RuleOutcome> DecideAsync(WorkerScripts scripts, IMailSource mail, IRecipientSource recipient, Delivery sofar, CancellationToken end)
    {
        Assert.False(IsBusy, "two mails at once");
        Account = Assert.Single(scripts.Scripts).File;
        Runs++;
        _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
        return _answer.Task;
    }

    public void Answer(double seconds)
    {
        Spent = TimeSpan.FromSeconds(seconds);
        _answer!.SetResult(new(Delivery.Keep with { Folder = new("Filed") }, [], null, []));
    }

    public void Fail(WorkerEnd end)
    {
        IsUsable = false;
        _answer!.SetException(new WorkerException(end, end.ToString()));
    }

    public void Dispose() => IsDisposed = true;

    /// <summary>Scripts as <see cref="DecideAsync"/> expects them.</summary>
    public static WorkerScripts ScriptsOf(string account) => new([new(account, new string('0', 64), "")]);
}
