using System.IO.Pipelines;

namespace MailServer.Extensibility;

/// <summary>A connection as listeners make it. The manager answers for <see cref="IsDraining"/> and <see cref="IsClosing"/>, the listener for the rest.</summary>
public abstract class SessionConnection : IMailConnection
{
    /// <summary>The session that runs on this connection, once the manager has it.</summary>
    internal Session? Session { get; set; }

    /// <inheritdoc/>
    public abstract ConnectionInfo Info { get; }

    /// <inheritdoc/>
    public abstract IDuplexPipe Transport { get; }

    /// <inheritdoc/>
    public bool IsDraining => Session?.IsDraining ?? false;

    /// <inheritdoc/>
    public bool IsClosing => Session?.IsClosing ?? false;

    /// <inheritdoc/>
    public abstract ValueTask<TlsInfo> StartTlsAsync(CancellationToken cancellationToken);

    /// <inheritdoc/>
    public virtual void StartCompression() => throw new NotSupportedException("no compression");

    /// <inheritdoc/>
    public abstract void Wake();

    /// <inheritdoc/>
    public abstract void Abort();
}
