using System.Collections.Concurrent;

namespace MailServer.Rules;

/// <summary>
/// Compilers that nobody needs at the moment, for whoever needs one next. A compiler takes two seconds of a processor before it has compiled its first script. A server
/// has two of them and nothing to gain; tests have hundreds of engines.
/// </summary>
internal sealed class SpareCompilers
{
    private readonly ConcurrentDictionary<string, ConcurrentBag<RuleHostChild>> _children = new(StringComparer.Ordinal);

    /// <summary>One that was started in the same way and still runs; null when there is none.</summary>
    public RuleHostChild? Take(string start)
    {
        while (_children.TryGetValue(start, out var some) && some.TryTake(out var child))
        {
            if (child.IsRunning)
                return child;
            child.Dispose();
        }

        return null;
    }

    /// <summary>Takes one that is idle.</summary>
    public void Give(string start, RuleHostChild child) => _children.GetOrAdd(start, static _ => []).Add(child);
}
