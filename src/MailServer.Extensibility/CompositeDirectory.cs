using Microsoft.Extensions.Logging;

namespace MailServer.Extensibility;

/// <summary>All account directories as one. Each call leases those that are in service for as long as it takes.</summary>
internal sealed class CompositeDirectory(Registry registry, ILogger logger) : IAccountDirectory, IAccountEditor
{
    private static readonly Problem ReadOnly =
        new(new(5, 3, 3), "Accounts cannot be changed here") { Reason = ProblemReason.Impossible };

    public IAccountEditor? Editor
    {
        get
        {
            using var lease = registry.Lease<IAccountDirectory>();
            return lease.Items.Any(role => EditorOf(role) is not null) ? this : null;
        }
    }

    public async ValueTask<Outcome<User>> FindAsync(EmailAddress address, CancellationToken cancellationToken)
    {
        using var lease = registry.Lease<IAccountDirectory>();
        foreach (var role in lease.Items)
        {
            var found = await FindInAsync(role, address, cancellationToken).ConfigureAwait(false);
            if (found.Problem?.Reason is not ProblemReason.NotFound)
                return found;
        }

        return Problem.NoSuchAccount;
    }

    public async ValueTask<IReadOnlyList<User>> ListAsync(CancellationToken cancellationToken)
    {
        using var lease = registry.Lease<IAccountDirectory>();
        var users = new List<User>();
        foreach (var (id, directory) in lease.Items)
        {
            // A part of the users must not pass for all of them.
            users.AddRange(await AskAsync(id, () => ListInAsync(directory, cancellationToken), null, cancellationToken).ConfigureAwait(false)
                ?? throw new IOException($"plugin {id} cannot list its accounts now"));
        }

        return users;
    }

    public ValueTask<Problem?> AddAsync(EmailAddress address, string passwordHash, CancellationToken cancellationToken) =>
        EditAsync(null, editor => editor.AddAsync(address, passwordHash, cancellationToken), cancellationToken);

    public ValueTask<Problem?> RemoveAsync(EmailAddress address, CancellationToken cancellationToken) =>
        EditAsync(address, editor => editor.RemoveAsync(address, cancellationToken), cancellationToken);

    public ValueTask<Problem?> SetPasswordAsync(EmailAddress address, string passwordHash, CancellationToken cancellationToken) =>
        EditAsync(address, editor => editor.SetPasswordAsync(address, passwordHash, cancellationToken), cancellationToken);

    public ValueTask<Problem?> SetQuotaAsync(EmailAddress address, Quota? quota, CancellationToken cancellationToken) =>
        EditAsync(address, editor => editor.SetQuotaAsync(address, quota, cancellationToken), cancellationToken);

    /// <summary>Edits the first directory that can be edited and, where an owner is named, knows the address.</summary>
    private async ValueTask<Problem?> EditAsync(EmailAddress? owned, Func<IAccountEditor, ValueTask<Problem?>> edit, CancellationToken cancellationToken)
    {
        using var lease = registry.Lease<IAccountDirectory>();
        var answer = ReadOnly;
        foreach (var role in lease.Items)
        {
            if (EditorOf(role) is not { } editor)
                continue;
            if (owned is { } address && (await FindInAsync(role, address, cancellationToken).ConfigureAwait(false)).Problem is { } problem)
            {
                if (problem.Reason is not ProblemReason.NotFound)
                    return problem;
                answer = problem;
                continue;
            }

            return await AskAsync(role.PluginId, () => edit(editor), Problem.Unavailable, cancellationToken).ConfigureAwait(false);
        }

        return answer;
    }

    private IAccountEditor? EditorOf(PluginRole<IAccountDirectory> role)
    {
        try
        {
            return role.Instance.Editor;
        }
#pragma warning disable CA1031 // a plugin's exception becomes text at this boundary
        catch (Exception e)
#pragma warning restore CA1031
        {
            Log.RoleThrew(logger, role.PluginId, nameof(IAccountDirectory), OneLine.Of(e));
            return null;
        }
    }

    private static async ValueTask<IReadOnlyList<User>?> ListInAsync(IAccountDirectory directory, CancellationToken cancellationToken) =>
        await directory.ListAsync(cancellationToken).ConfigureAwait(false);

    private ValueTask<Outcome<User>> FindInAsync(PluginRole<IAccountDirectory> role, EmailAddress address, CancellationToken cancellationToken) =>
        AskAsync<Outcome<User>>(role.PluginId, () => role.Instance.FindAsync(address, cancellationToken), Problem.Unavailable, cancellationToken);

    private ValueTask<T> AskAsync<T>(string id, Func<ValueTask<T>> ask, T otherwise, CancellationToken cancellationToken) =>
        RoleCall.AskAsync(nameof(IAccountDirectory), id, ask, otherwise, logger, cancellationToken);
}
