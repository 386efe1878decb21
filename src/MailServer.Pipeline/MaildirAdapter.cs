using System.IO.Pipelines;
using MailServer.Rules;
using MailServer.Storage;

namespace MailServer.Pipeline;

/// <summary>The store as the pipeline meets it.</summary>
internal sealed class MaildirAdapter(MaildirStore store) : IDeliveryStore
{
    public ISpool CreateSpool() => new Spool(store.CreateSpool());

    public ValueTask<Problem?> RefusesAsync(User user, long size, CancellationToken cancellationToken) => store.RefusesAsync(user, size, cancellationToken);

    public IReadOnlyList<FolderInfo> FoldersOf(User user) => store.ListFolders(user).TryGet(out var folders, out _) ? folders : [];

    public string? NotesOf(User user) => Path.Combine(store.MaildirOf(user), NotesFile.FileName);

    public async ValueTask PrepareAsync(User user)
    {
        if ((await store.OpenAsync(user, CancellationToken.None).ConfigureAwait(false)).TryGet(out var account, out _))
            await account.DisposeAsync().ConfigureAwait(false);
    }

    public async ValueTask<Outcome<string>> DeliverAsync(ISpool spool, User user, FolderName folder, MessageFlags flags, CancellationToken cancellationToken)
    {
        var stored = await store.DeliverAsync(((Spool)spool).File, user, folder, flags, cancellationToken).ConfigureAwait(false);
        return stored.TryGet(out var message, out var problem) ? message.Path : problem;
    }

    public async ValueTask<Outcome<string>> DeliverNoticeAsync(ISpool spool, User user, CancellationToken cancellationToken)
    {
        var stored = await store.DeliverNoticeAsync(((Spool)spool).File, user, cancellationToken).ConfigureAwait(false);
        return stored.TryGet(out var message, out var problem) ? message.Path : problem;
    }

    private sealed class Spool(SpoolFile file) : ISpool
    {
        public SpoolFile File => file;

        public PipeWriter Writer => file.Writer;

        public long Size => file.Size;

        public bool IsSealed => file.IsSealed;

        public void LinkTo(string path) => file.LinkTo(path);

        public ValueTask<Problem?> SealAsync(ReadOnlyMemory<byte> topFields, CancellationToken cancellationToken) => file.SealAsync(topFields, cancellationToken);

        public Stream OpenRead() => file.OpenRead();

        public ValueTask DisposeAsync() => file.DisposeAsync();
    }
}
