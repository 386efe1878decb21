namespace MailServer.Pop3.Tests.Fakes;

/// <summary>An account that can do what POP3 asks for, and nothing else.</summary>
public sealed class FakeAccount(FakeStore store, User user) : IMailAccount
{
    public User User => user;

    public ValueTask<Outcome<IFolderView>> OpenFolderAsync(FolderName folder, FolderAccess access, IMailConnection? session, CancellationToken cancellationToken)
    {
        Assert.Equal((FolderName.Inbox, FolderAccess.Maildrop), (folder, access));
        if (store.IsLocked)
            return new(new Problem(new(4, 2, 1), "Another session has the maildrop") { Reason = ProblemReason.InUse });
        store.IsLocked = true;
        return new(new Outcome<IFolderView>(new FakeView(store)));
    }

    public ValueTask DisposeAsync()
    {
        store.OpenAccounts--;
        return ValueTask.CompletedTask;
    }

    public ValueTask<Outcome<IReadOnlyList<FolderInfo>>> ListAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<Outcome<IReadOnlyList<FolderName>>> ListSubscribedAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<Problem?> SetSubscribedAsync(FolderName folder, bool subscribed, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<Problem?> CreateAsync(FolderName folder, string? specialUse, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<Problem?> DeleteAsync(FolderName folder, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<Problem?> RenameAsync(FolderName from, FolderName to, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<Outcome<FolderStatus>> StatusAsync(FolderName folder, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<Outcome<IMessageDraft>> BeginAppendAsync(FolderName folder, MessageFlags flags, DateTimeOffset? internalDate, CancellationToken cancellationToken) =>
        throw new NotSupportedException();
}
