using System.IO.Pipelines;
using MailServer.Extensibility;

namespace MailServer.Pipeline;

/// <summary>What the pipeline needs of the store. Tests put failing disks in its place.</summary>
internal interface IDeliveryStore
{
    ISpool CreateSpool();

    /// <summary>Why an account cannot take a message of that size; null when it can.</summary>
    ValueTask<Problem?> RefusesAsync(User user, long size, CancellationToken cancellationToken) => new((Problem?)null);

    /// <summary>The account's folders, as rules are told of them; none when they cannot be read now.</summary>
    IReadOnlyList<FolderInfo> FoldersOf(User user) => [];

    /// <summary>Where the notes of the account's rules are kept; null for nowhere.</summary>
    string? NotesOf(User user) => null;

    /// <summary>Makes the account's place when it has none yet, so that its journal and notes can be kept where no message is.</summary>
    ValueTask PrepareAsync(User user) => ValueTask.CompletedTask;

    /// <summary>Puts a sealed message into a folder; durable when it returns a value.</summary>
    ValueTask<Outcome<string>> DeliverAsync(ISpool spool, User user, FolderName folder, MessageFlags flags, CancellationToken cancellationToken);

    /// <summary>Puts a sealed message of the server's own into INBOX, into a full account too.</summary>
    ValueTask<Outcome<string>> DeliverNoticeAsync(ISpool spool, User user, CancellationToken cancellationToken);
}

/// <summary>A message being received.</summary>
internal interface ISpool : IAsyncDisposable
{
    PipeWriter Writer { get; }

    /// <summary>Octets so far, with CRLF line ends.</summary>
    long Size { get; }

    /// <summary>Whether <see cref="SealAsync"/> has done its work.</summary>
    bool IsSealed { get; }

    /// <summary>Gives the sealed message another name, which stays: a link or, on another file system, a synced copy. The name is not synced.</summary>
    /// <exception cref="IOException">It cannot be given.</exception>
    void LinkTo(string path);

    /// <summary>Ends the message and puts fields on top.</summary>
    ValueTask<Problem?> SealAsync(ReadOnlyMemory<byte> topFields, CancellationToken cancellationToken);

    /// <summary>The message as it was received, with LF line ends.</summary>
    Stream OpenRead();
}

/// <summary>What the pipeline needs of the plugins.</summary>
internal interface IRoles
{
    IAccountDirectory Accounts { get; }

    /// <summary>Whether there is a directory at all: without one nobody knows who is here, which is not the same as nobody being here.</summary>
    bool HasAccounts { get; }

    /// <summary>Whether a plugin that should run does not: then what nobody does may be what that one would do.</summary>
    bool IsIncomplete => false;

    RoleHold<T> Lease<T>()
        where T : class;
}

/// <summary>Holds the providers of a role for a call.</summary>
internal readonly struct RoleHold<T>(IReadOnlyList<PluginRole<T>> items, IDisposable? lease) : IDisposable
    where T : class
{
    public IReadOnlyList<PluginRole<T>> Items => items;

    public void Dispose() => lease?.Dispose();
}

/// <summary>The plugins in service.</summary>
internal sealed class PluginRoles(PluginManager plugins) : IRoles
{
    public IAccountDirectory Accounts => plugins.Accounts;

    public bool HasAccounts
    {
        get
        {
            using var lease = plugins.Lease<IAccountDirectory>();
            return lease.Items.Count > 0;
        }
    }

    public bool IsIncomplete => plugins.Status().Any(plugin => plugin.State == PluginState.Failed);

    public RoleHold<T> Lease<T>()
        where T : class
    {
        var lease = plugins.Lease<T>();
        return new(lease.Items, lease);
    }
}

/// <summary>No plugins but an account directory.</summary>
internal sealed class OneDirectory(IAccountDirectory accounts) : IRoles
{
    public IAccountDirectory Accounts => accounts;

    public bool HasAccounts => true;

    public RoleHold<T> Lease<T>()
        where T : class => new([], null);
}
