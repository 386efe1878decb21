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
            return lease.Items.Any(role => role.Instance.Editor is not null) ? this : null;
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
            string? problem = null;
            try
            {
                users.AddRange(await directory.ListAsync(cancellationToken).ConfigureAwait(false));
            }
#pragma warning disable CA1031 // a plugin's exception becomes text at this boundary
            catch (Exception e)
#pragma warning restore CA1031
            {
                cancellationToken.ThrowIfCancellationRequested();
                problem = OneLine.Of(e);
            }

            if (problem is null)
                continue;
            Log.RoleThrew(logger, id, nameof(IAccountDirectory), problem);
            throw new IOException($"plugin {id}: {problem}");
        }

        return users;
    }

    public ValueTask<Problem?> AddAsync(EmailAddress address, string passwordHash, CancellationToken cancellationToken) =>
        EditAsync(null, editor => editor.AddAsync(address, passwordHash, cancellationToken), cancellationToken);

    public ValueTask<Problem?> RemoveAsync(EmailAddress address, CancellationToken cancellationToken) =>
        EditAsync(address, editor => editor.RemoveAsync(address, cancellationToken), cancellationToken);

    public ValueTask<Problem?> SetPasswordAsync(EmailAddress address, string passwordHash, CancellationToken cancellationToken) =>
        EditAsync(address, editor => editor.SetPasswordAsync(address, passwordHash, cancellationToken), cancellationToken);

    /// <summary>Edits the first directory that can be edited and, where an owner is named, knows the address.</summary>
    private async ValueTask<Problem?> EditAsync(EmailAddress? owned, Func<IAccountEditor, ValueTask<Problem?>> edit, CancellationToken cancellationToken)
    {
        using var lease = registry.Lease<IAccountDirectory>();
        var answer = ReadOnly;
        foreach (var role in lease.Items)
        {
            if (role.Instance.Editor is not { } editor)
                continue;
            if (owned is { } address && (await FindInAsync(role, address, cancellationToken).ConfigureAwait(false)).Problem is { } problem)
            {
                if (problem.Reason is not ProblemReason.NotFound)
                    return problem;
                answer = problem;
                continue;
            }

            return await GuardAsync(role.PluginId, () => edit(editor), Problem.Unavailable, cancellationToken).ConfigureAwait(false);
        }

        return answer;
    }

    private ValueTask<Outcome<User>> FindInAsync(PluginRole<IAccountDirectory> role, EmailAddress address, CancellationToken cancellationToken) =>
        GuardAsync<Outcome<User>>(role.PluginId, () => role.Instance.FindAsync(address, cancellationToken), Problem.Unavailable, cancellationToken);

    private async ValueTask<T> GuardAsync<T>(string id, Func<ValueTask<T>> ask, T otherwise, CancellationToken cancellationToken)
    {
        try
        {
            return await ask().ConfigureAwait(false);
        }
#pragma warning disable CA1031 // a plugin's exception becomes text at this boundary; the caller is told that it cannot be told now
        catch (Exception e)
#pragma warning restore CA1031
        {
            cancellationToken.ThrowIfCancellationRequested();
            Log.RoleThrew(logger, id, nameof(IAccountDirectory), OneLine.Of(e));
            return otherwise;
        }
    }
}
