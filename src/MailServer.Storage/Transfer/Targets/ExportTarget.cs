namespace MailServer.Storage;

/// <summary>Where one folder is written to. What is there already is never replaced.</summary>
internal abstract class ExportTarget : IDisposable
{
    /// <summary>Whether an earlier export has written the message.</summary>
    public abstract bool Has(FolderView view, int sequence);

    /// <summary>Writes a message.</summary>
    /// <param name="view">The folder.</param>
    /// <param name="sequence">Which message.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>False when the message is gone.</returns>
    /// <exception cref="IOException">It cannot be read or written.</exception>
    public abstract ValueTask<bool> WriteAsync(FolderView view, int sequence, CancellationToken cancellationToken);

    /// <summary>Makes durable what was written, and gives it its names.</summary>
    /// <exception cref="IOException">It failed; a repeated export goes on.</exception>
    public abstract ValueTask FinishAsync(FolderView view);

    public abstract void Dispose();
}
