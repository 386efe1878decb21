using System.IO.Pipelines;
using System.Text;

namespace MailServer.Pipeline.Tests;

/// <summary>A store in memory that fails where a test says so.</summary>
internal sealed class FakeStore : IDeliveryStore
{
    private readonly Lock _lock = new();

    public List<Delivered> All { get; } = [];

    public List<FakeSpool> Spools { get; } = [];

    /// <summary>Asked before each copy: a problem, an exception, or null for success.</summary>
    public Func<User, FolderName, Problem?> Fault { get; set; } = (_, _) => null;

    public Func<Exception?> SpoolFault { get; set; } = () => null;

    public Problem? SealFault { get; set; }

    public Exception? ReadFault { get; set; }

    public IReadOnlyList<FolderInfo> Folders { get; set; } = [];

    /// <summary>Where notes are kept; null for nowhere.</summary>
    public string? NotesFolder { get; set; }

    public IReadOnlyList<FolderInfo> FoldersOf(User user) => Folders;

    public string? NotesOf(User user) => NotesFolder is null ? null : Path.Combine(NotesFolder, user.Name);

    public ISpool CreateSpool()
    {
        if (SpoolFault() is { } fault)
            throw fault;
        var spool = new FakeSpool(this);
        lock (_lock)
            Spools.Add(spool);
        return spool;
    }

    public ValueTask<Outcome<string>> DeliverNoticeAsync(ISpool spool, User user, CancellationToken cancellationToken) =>
        DeliverAsync(spool, user, FolderName.Inbox, default, cancellationToken);

    public ValueTask<Outcome<string>> DeliverAsync(ISpool spool, User user, FolderName folder, MessageFlags flags, CancellationToken cancellationToken)
    {
        if (Fault(user, folder) is { } problem)
            return new(problem);
        lock (_lock)
            All.Add(new(user.Address.ToString(), folder.Value, flags, ((FakeSpool)spool).Sealed ?? throw new InvalidOperationException("not sealed")));
        return new(new Outcome<string>($"/{user.Address}/{folder}/{All.Count}"));
    }

    internal sealed record Delivered(string Account, string Folder, MessageFlags Flags, string Text)
    {
        public string Place => $"{Account}/{Folder}";
    }
}

internal sealed class FakeSpool(FakeStore store) : ISpool
{
    private readonly Pipe _pipe = new(new PipeOptions(pauseWriterThreshold: 0));
    private readonly MemoryStream _all = new();

    public PipeWriter Writer => _pipe.Writer;

    public long Size => Octets().Length;

    public string? Sealed { get; private set; }

    public bool IsSealed => Sealed is not null;

    public bool IsDisposed { get; private set; }

    public void LinkTo(string path) => File.WriteAllText(path, Sealed ?? throw new InvalidOperationException("not sealed"));

    public ValueTask<Problem?> SealAsync(ReadOnlyMemory<byte> topFields, CancellationToken cancellationToken)
    {
        if (store.SealFault is { } fault)
            return new(fault);
        Sealed = Encoding.UTF8.GetString(topFields.Span) + Encoding.UTF8.GetString(Octets()).ReplaceLineEndings("\n");
        return default;
    }

    public Stream OpenRead() => store.ReadFault is { } fault
        ? throw fault
        : new MemoryStream(Encoding.Latin1.GetBytes(Encoding.Latin1.GetString(Octets()).Replace("\r\n", "\n", StringComparison.Ordinal)));

    public ValueTask DisposeAsync()
    {
        IsDisposed = true;
        return default;
    }

    private byte[] Octets()
    {
        while (_pipe.Reader.TryRead(out var read))
        {
            foreach (var piece in read.Buffer)
                _all.Write(piece.Span);
            _pipe.Reader.AdvanceTo(read.Buffer.End);
            if (read.Buffer.IsEmpty)
                break;
        }

        return _all.ToArray();
    }
}
