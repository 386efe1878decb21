using MailServer.Extensibility;
using Microsoft.Extensions.Logging;

namespace MailServer.Pipeline;

/// <summary>Asks the filters, one after the other, each under its own time limit. Their answers combine to the strictest, their scores add up.</summary>
internal sealed class FilterStage(PipelineOptions options, IRoles roles, TimeProvider time, ILogger logger)
{
    private static readonly Problem Failed = new(new(4, 7, 0), "Temporary failure of a check, try again later") { Reason = ProblemReason.Unavailable };

    /// <summary>Asks all filters one question.</summary>
    /// <param name="phase">The question's name.</param>
    /// <param name="subject">The connection or message, for the log.</param>
    /// <param name="ask">The question.</param>
    /// <param name="answered">Told of each answer before the next filter is asked; may be null.</param>
    /// <param name="cancellationToken">Gives up; throws then.</param>
    public async ValueTask<Verdict> AskAsync(
        string phase, string subject, Func<IMessageFilter, CancellationToken, ValueTask<Verdict>> ask, Action<Verdict>? answered, CancellationToken cancellationToken)
    {
        using var lease = roles.Lease<IMessageFilter>();
        var verdict = Verdict.Continue;
        foreach (var (plugin, filter, name) in InOrder(lease.Items))
        {
            var answer = await AskOneAsync(plugin, filter, name, phase, subject, ask, cancellationToken).ConfigureAwait(false);
            verdict = verdict.With(answer);
            answered?.Invoke(answer);
            // Nothing is stricter.
            if (verdict.Action == VerdictAction.Reject)
                break;
        }

        return verdict;
    }

    private async ValueTask<Verdict> AskOneAsync(
        string plugin, IMessageFilter filter, string name, string phase, string subject,
        Func<IMessageFilter, CancellationToken, ValueTask<Verdict>> ask, CancellationToken cancellationToken)
    {
        var limit = options.Filters.GetValueOrDefault(name) ?? FilterLimit.Default;
        var (answer, failure) = await Guard.AskAsync(limit.TimeLimit, time, token => ask(filter, token), cancellationToken).ConfigureAwait(false);
        if (failure is null)
            return answer.Problem is { } problem ? Verdict.Refuse(OneLine.Of(problem, answer.Action == VerdictAction.Reject)) : Sane(answer);

        var skips = limit.OnFailure == FilterFailure.Skip;
        Log.FilterFailed(logger, subject, name, plugin, phase, skips ? "skipped" : "deferred", failure);
        return skips ? Verdict.Continue : Verdict.Refuse(Failed);
    }

    // One filter's infinity would outvote all others, and NaN makes every comparison false.
    private static Verdict Sane(Verdict verdict)
    {
        if (double.IsFinite(verdict.Score))
            return verdict;
        return verdict.Action == VerdictAction.Quarantine ? Verdict.Quarantine(0) : Verdict.Continue;
    }

    private IEnumerable<(string Plugin, IMessageFilter Filter, string Name)> InOrder(IReadOnlyList<PluginRole<IMessageFilter>> filters)
    {
        var named = filters.Select(role => (role.PluginId, role.Instance, Name: NameOf(role)));
        return filters.Count < 2 || options.FilterOrder.Count == 0 ? named : named.OrderBy(filter => RankOf(filter.Name));
    }

    private int RankOf(string name)
    {
        for (var i = 0; i < options.FilterOrder.Count; i++)
            if (options.FilterOrder[i] == name)
                return i;
        return int.MaxValue;
    }

    private static string NameOf(PluginRole<IMessageFilter> role)
    {
#pragma warning disable CA1031 // a plugin's property may throw anything
        try
        {
            return OneLine.Of(role.Instance.Name);
        }
        catch (Exception)
        {
            return role.PluginId;
        }
#pragma warning restore CA1031
    }
}
