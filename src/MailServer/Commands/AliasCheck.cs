using MailServer.Accounts;
using MailServer.Server.Configuration;

namespace MailServer.Server.Commands;

/// <summary>Says which aliases lead to nobody.</summary>
internal static class AliasCheck
{
    public static async ValueTask RunAsync(ServerConfig config, IAccountDirectory accounts, List<string> errors, List<string> warnings, CancellationToken cancellationToken)
    {
        if (config.Aliases is not { } path)
            return;
        AliasTable table;
        try
        {
            table = AliasFile.Read(path);
        }
        catch (InvalidDataException e)
        {
            errors.Add(e.Message);
            return;
        }

        foreach (var line in table.Lines)
        {
            if (!config.Domains.Contains(line.Address.Domain))
                warnings.Add($"{path}:{line.Number}: {line.Address.Domain} is none of our [[domains]], the alias is never used");
            // "@old.example @example.org" leads to whoever has the name there.
            foreach (var target in line.Targets.Where(target => target.LocalPart.Length > 0))
                if (!await LeadsToSomebodyAsync(config, accounts, table, line.Address, target, cancellationToken).ConfigureAwait(false))
                    warnings.Add($"{path}:{line.Number}: {line.Address} leads to {target}, which reaches nobody");
        }
    }

    private static async ValueTask<bool> LeadsToSomebodyAsync(
        ServerConfig config, IAccountDirectory accounts, AliasTable table, EmailAddress from, EmailAddress target, CancellationToken cancellationToken)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal) { AliasTable.KeyOf(from) };
        var pending = new Queue<EmailAddress>([target]);
        while (pending.TryDequeue(out var address))
        {
            // Elsewhere it is for others to know.
            if (!config.Domains.Contains(address.Domain) || await IsAccountAsync(accounts, address, cancellationToken).ConfigureAwait(false))
                return true;
            if (seen.Add(AliasTable.KeyOf(address)))
                foreach (var next in table.Find(address) ?? table.FindCatchAll(address) ?? [])
                    pending.Enqueue(next);
        }

        return false;
    }

    private static async ValueTask<bool> IsAccountAsync(IAccountDirectory accounts, EmailAddress address, CancellationToken cancellationToken)
    {
        var plus = address.LocalPart.IndexOf('+', StringComparison.Ordinal);
        foreach (var candidate in new[] { address, plus > 0 ? address with { LocalPart = address.LocalPart[..plus] } : address }.Distinct())
            // What cannot be told is not said to be missing.
            if ((await accounts.FindAsync(candidate, cancellationToken).ConfigureAwait(false)).Problem?.Reason != ProblemReason.NotFound)
                return true;
        return address.LocalPart.Equals("postmaster", StringComparison.OrdinalIgnoreCase);
    }
}
