namespace MailServer.Extensibility;

/// <summary>One connection on its way through the generations.</summary>
internal sealed class Session(SessionTable table, SessionConnection connection, string protocol)
{
    private volatile Generation? _generation;
    private long _refused;

    public SessionConnection Connection => connection;

    public string Protocol => protocol;

    /// <summary>The generation it runs on, under the session's lease.</summary>
    public Generation? Generation
    {
        get => _generation;
        set => _generation = value;
    }

    /// <summary>Serial number of the newest generation that could not read this session's state: it goes on where it is until another comes.</summary>
    public long Refused
    {
        get => Volatile.Read(ref _refused);
        set => Volatile.Write(ref _refused, value);
    }

    /// <summary>How often the handler has handed over though nobody asked, since the last time that somebody did.</summary>
    public int UnaskedHandOvers { get; set; }

    public bool IsClosing => table.IsClosing;

    /// <summary>Computed, never set: so a swap and a session that begins at the same time cannot miss each other.</summary>
    public bool IsDraining => table.IsClosing || NewerWaits;

    private bool NewerWaits =>
        _generation is { } mine && table.SerialOf(protocol) is var newest && newest != 0 && newest != mine.Serial && newest != Refused;
}
