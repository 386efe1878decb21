using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;

namespace MailServer.Rules;

/// <summary>
/// One worker process, and the thread that talks to it: start, scripts, mails, end. A pipe's read blocks its thread, and those of the pool are few; so each worker
/// has one of its own. Every exchange has a time limit, at which the process is killed; the thread then reads the pipe's end. At the end of a mail's time nobody waits
/// even for that.
/// </summary>
internal sealed class RuleWorker : IRuleWorker
{
    // As much of a complaint as a log line can use.
    private const int MaxErrors = 2048;

    private readonly WorkerOptions _options;
    private readonly TimeProvider _time;
    // One at a time, but those that nobody waits for any more.
    private readonly BlockingCollection<Job> _jobs = [];
    private readonly FrameWriter _writer = new();
    private readonly Lock _gate = new();
    private Process? _process;
    private FrameReader? _reader;
    private bool _isReady;
    private bool _isTimeUp;
    private bool _isLate;
    private bool _isDisposed;

    public RuleWorker(WorkerOptions options, TimeProvider time)
    {
        (_options, _time) = (options, time);
        using (ExecutionContext.SuppressFlow())
            new Thread(Run) { IsBackground = true, Name = "rule worker" }.Start();
    }

    /// <summary>The version of the scripts it has loaded; empty before the first.</summary>
    public string Version { get; private set; } = "";

    /// <inheritdoc/>
    public int Runs { get; private set; }

    /// <inheritdoc/>
    public bool IsUsable { get; private set; } = true;

    /// <inheritdoc/>
    public TimeSpan Spent { get; private set; }

    /// <summary>The process's number; 0 before it has one.</summary>
    public int ProcessId { get; private set; }

    /// <inheritdoc/>
    public async Task<RuleOutcome> DecideAsync(WorkerScripts scripts, IMailSource mail, IRecipientSource recipient, Delivery sofar, CancellationToken end)
    {
        var job = new Job(scripts, mail, recipient, sofar);
        _jobs.Add(job, CancellationToken.None);
        var limit = end.Register(() => Abandon(job));
        await using (limit.ConfigureAwait(false))
            return await job.Answer.Task.ConfigureAwait(false);
    }

    /// <summary>Ends the process.</summary>
    public void Dispose()
    {
        _jobs.CompleteAdding();
        Kill();
    }

    private void Run()
    {
        foreach (var job in _jobs.GetConsumingEnumerable())
        {
#pragma warning disable CA1031 // whatever goes wrong here is the end of this worker and the answer to who waits, not the end of the server
            try
            {
                Prepare(job.Scripts);
                if (job.Answer.Task.IsCompleted)
                    continue;
                Runs++;
                job.Answer.TrySetResult(Decide(job));
            }
            catch (Exception e)
            {
                IsUsable = false;
                Kill();
                job.Answer.TrySetException(e as WorkerException ?? Explain(e));
            }
#pragma warning restore CA1031
        }

        Kill();
        _process?.Dispose();
    }

    // The thread may be anywhere: in the start of a process, in a read, in an answer. It finds out by itself; the mail must not wait for it.
    // One that only starts is let go on, for the next mail: on a busy machine no mail's time may be enough for a start.
    private void Abandon(Job job)
    {
        if (!_isReady)
        {
            job.Answer.TrySetException(new WorkerException(WorkerEnd.Start, "no worker was ready in time"));
            return;
        }

        IsUsable = false;
        Kill();
        job.Answer.TrySetException(new WorkerException(WorkerEnd.Late, "the time that a mail has is over"));
    }

    private void Prepare(WorkerScripts scripts)
    {
        if (_reader is null)
            Start();
        if (Version == scripts.Version)
            return;
        using (Within(_options.StartLimit))
        {
            _writer.Begin(FrameKind.Load).Number((long)_options.StepBudget)
                .List(scripts.Scripts, (frame, script) => frame.Text(script.File).Text(script.Key).Octets(File.ReadAllBytes(script.Dll)).Octets(File.ReadAllBytes(Path.ChangeExtension(script.Dll, ".pdb"))))
                .Send(Input);
            Expect(FrameKind.Loaded);
        }

        Version = scripts.Version;
    }

    private void Start()
    {
        List<string> arguments = ["run", "--api", RuleIdentity.Api];
        if (_options.User is var (user, group))
            arguments.AddRange(["--user", string.Create(CultureInfo.InvariantCulture, $"{user}:{group}")]);
        if (_options.Bubblewrap is { } bubblewrap)
            arguments.AddRange(["--bubblewrap", bubblewrap]);
        var start = RuleHostProgram.Describe(_options.RuleHostPath, arguments);
        var root = start.Environment.TryGetValue("DOTNET_ROOT", out var value) ? value : null;
        // Nothing of ours: an environment may hold secrets. What the runtime needs to live within the limits is in docs/adr/0024.
        start.Environment.Clear();
        if (root is not null)
            start.Environment["DOTNET_ROOT"] = root;
        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        start.Environment["DOTNET_EnableWriteXorExecute"] = "0";
        start.Environment["DOTNET_GCHeapHardLimit"] = _options.HeapLimit.ToString("X", CultureInfo.InvariantCulture);
        start.Environment["DOTNET_gcConcurrent"] = "1";
        start.Environment["DOTNET_TieredPGO"] = "0";
        // The C library would reserve 64 MiB of the address space for each thread that takes memory.
        start.Environment["MALLOC_ARENA_MAX"] = "1";
        start.WorkingDirectory = "/";
        using (Within(_options.StartLimit))
        {
            var process = RuleHostProgram.Start(start);
            lock (_gate)
            {
                (_process, ProcessId) = (process, process.Id);
                if (_isTimeUp || _isDisposed)
                    process.Kill();
            }

            _reader = new(process.StandardOutput.BaseStream, FrameReader.FromWorker);
            Expect(FrameKind.Ready);
            _isReady = true;
        }
    }

    private RuleOutcome Decide(Job job)
    {
        using var _ = new Limit(this, _options.ClockLimit, _options.RunLimit);
        DecisionFrame.WriteBefore(_writer.Begin(FrameKind.Decide), job.Sofar);
        _writer.Send(Input);
        while (true)
            switch (Next())
            {
                case FrameKind.Ask:
                    var (question, name) = ((MailQuestion)_reader!.Octet(), _reader.Text());
                    MailAnswers.Write(_writer, job.Mail, job.Recipient, question, name);
                    _writer.Send(Input);
                    break;
                case FrameKind.Decided:
                    return DecisionFrame.Read(_reader!, job.Sofar, job.Scripts.Versions);
                case var other:
                    throw new FrameException($"{other} was not asked for");
            }
    }

    private Stream Input => _process!.StandardInput.BaseStream;

    private void Expect(FrameKind kind)
    {
        if (Next() is var got && got != kind)
            throw new FrameException(got == FrameKind.Broken ? RuleFailure.OneLine(_reader!.Text()) : $"{got} instead of {kind}");
    }

    private FrameKind Next() => _reader!.Next() ? _reader.Kind : throw new EndOfStreamException();

    private Limit Within(TimeSpan limit) => new(this, limit);

    private void Kill()
    {
        lock (_gate)
        {
            _isDisposed = true;
            KillProcess();
        }
    }

    private void KillProcess()
    {
        try
        {
            _process?.Kill();
        }
        catch (Exception e) when (e is InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            // It has ended by itself.
        }
    }

    /// <summary>Says in plain words what ended the worker.</summary>
    private WorkerException Explain(Exception e)
    {
        // From the moment that it has been given scripts they are what it suffers from.
        if (_isTimeUp)
            return _isLate ? new(WorkerEnd.Late, $"no answer after {_options.ClockLimit.TotalSeconds:0} s")
                : _isReady ? new(WorkerEnd.Time, "it took too long: an endless loop?")
                : new(WorkerEnd.Start, $"the worker took longer than {_options.StartLimit.TotalSeconds:0} s to start");
        switch (e)
        {
            case RuleHostException:
                return new(WorkerEnd.Start, e.Message);
            case FrameException:
                return new(_isReady ? WorkerEnd.Nonsense : WorkerEnd.Start, $"the worker says what cannot be: {e.Message}");
            case not IOException:
                return new(WorkerEnd.Ours, $"{e.GetType().Name}: {RuleFailure.OneLine(e.Message)}");
        }

        var (code, said) = Bury();
        if (!_isReady)
            return new(WorkerEnd.Start, $"the worker could not start ({code}): {RuleFailure.OneLine(said)}");
        return new(WorkerEnd.Died, said.Contains("Stack overflow", StringComparison.Ordinal) ? "it called itself without end (stack overflow)"
            : said.Contains("Out of memory", StringComparison.Ordinal) || said.Contains("OutOfMemoryException", StringComparison.Ordinal) ? "it took too much memory"
            : code is 128 + 24 ? "it took too much processor time"
            : $"it ended its process ({code})");
    }

    private (int Code, string Said) Bury()
    {
        // It is dead or dying, so its errors end; it may have filled the pipe before.
        var buffer = new char[MaxErrors];
        var count = 0;
        try
        {
            count = _process!.StandardError.ReadBlock(buffer);
            return (_process.WaitForExit(1000) ? _process.ExitCode : -1, new string(buffer, 0, count).Trim());
        }
        catch (Exception e) when (e is IOException or InvalidOperationException)
        {
            return (-1, new(buffer, 0, count));
        }
    }

    /// <summary>Kills the process when an exchange takes too long; one that is over in time is safe from a timer that comes late.</summary>
    private sealed class Limit : IDisposable
    {
        private readonly RuleWorker _owner;
        private readonly TimeSpan _clock;
        private readonly TimeSpan? _processor;
        private readonly TimeSpan _before;
        private readonly long _start;
        private readonly ITimer _timer;
        private bool _isOver;

        /// <summary>Begins. With a limit of processor time too, that is looked at as often as it could have run out.</summary>
        public Limit(RuleWorker owner, TimeSpan clock, TimeSpan? processor = null)
        {
            (_owner, _clock, _processor, _start) = (owner, clock, processor, owner._time.GetTimestamp());
            (owner._isTimeUp, owner._isLate) = (false, false);
            var period = processor ?? clock;
            _before = processor is null ? default : ProcessorTime();
            _timer = owner._time.CreateTimer(static limit => ((Limit)limit!).Look(), this, period, period);
        }

        public void Dispose()
        {
            lock (_owner._gate)
                _isOver = true;
            _timer.Dispose();
            // What took little time took little of the processor's: then the kernel need not be asked.
            var elapsed = _owner._time.GetElapsedTime(_start);
            _owner.Spent = elapsed < _owner._options.SlowFrom ? elapsed : ProcessorTime() - _before;
        }

        private void Look()
        {
            lock (_owner._gate)
            {
                if (_isOver || (_owner._time.GetElapsedTime(_start) < _clock && ProcessorTime() - _before < _processor))
                    return;
                _isOver = true;
                _owner._isTimeUp = true;
                _owner._isLate = ProcessorTime() - _before < _processor;
                _owner.KillProcess();
            }
        }

        private TimeSpan ProcessorTime()
        {
            try
            {
                _owner._process?.Refresh();
                return _owner._process?.TotalProcessorTime ?? default;
            }
            catch (Exception e) when (e is InvalidOperationException or System.ComponentModel.Win32Exception)
            {
                return default;
            }
        }
    }

    private sealed record Job(WorkerScripts Scripts, IMailSource Mail, IRecipientSource Recipient, Delivery Sofar)
    {
        public TaskCompletionSource<RuleOutcome> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}

/// <summary>An account's scripts, compiled, as a worker gets them.</summary>
internal sealed class WorkerScripts(IReadOnlyList<WorkerScript> scripts)
{
    public IReadOnlyList<WorkerScript> Scripts => scripts;

    /// <summary>Names the whole set.</summary>
    public string Version { get; } = string.Join(' ', scripts.Select(script => $"{script.File}={script.Key}"));

    /// <summary>The version of each script, by its file's name.</summary>
    public IReadOnlyDictionary<string, string> Versions { get; } = scripts.ToDictionary(script => script.File, script => RuleScript.VersionOf(script.Key));
}

/// <summary>One script, compiled.</summary>
/// <param name="File">Its name.</param>
/// <param name="Key">The key of its text.</param>
/// <param name="Dll">Where its compiled form is; it is read when a worker needs it, and not kept in memory.</param>
internal sealed record WorkerScript(string File, string Key, string Dll);

/// <summary>What ended a worker.</summary>
internal enum WorkerEnd
{
    /// <summary>It could not be started or given its scripts: no script is to blame.</summary>
    Start,
    /// <summary>The scripts took too much processor time.</summary>
    Time,
    /// <summary>There was no answer in time, and not since they computed: the machine is too busy.</summary>
    Late,
    /// <summary>It died while a script ran.</summary>
    Died,
    /// <summary>It sent what cannot be.</summary>
    Nonsense,
    /// <summary>Something failed on this side.</summary>
    Ours,
}

/// <summary>A worker could not decide.</summary>
internal sealed class WorkerException(WorkerEnd end, string reason) : Exception(reason)
{
    public WorkerEnd End => end;
}
