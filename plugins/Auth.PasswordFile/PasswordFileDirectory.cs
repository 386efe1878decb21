namespace MailServer.Plugins.AuthPasswordFile;

/// <summary>The accounts of the file.</summary>
internal sealed class PasswordFileDirectory(PasswordFile file, IAccountEditor editor) : IAccountDirectory
{
    public IAccountEditor? Editor => editor;

    public ValueTask<Outcome<User>> FindAsync(EmailAddress address, CancellationToken cancellationToken) =>
        new(file.Current().Find(address) is { } entry ? entry.User : Problem.NoSuchAccount);

    public ValueTask<IReadOnlyList<User>> ListAsync(CancellationToken cancellationToken) =>
        new([.. file.Current().Entries.Select(entry => entry.User)]);
}
