using MailServer.Wire.Imap;

namespace MailServer.Plugins.Imap.Commands;

/// <summary>How well messages match a FUZZY search (RFC 6203 §4): those that match it word for word best, all others half.</summary>
internal sealed class Relevancy
{
    private const int Exact = 100;
    private const int Near = 50;

    private readonly HashSet<int> _exact;

    private Relevancy(HashSet<int> exact) => _exact = exact;

    /// <summary>Null when nobody asks for it: it takes a second search.</summary>
    public static async ValueTask<Relevancy?> OfAsync(ImapSession session, IFolderView view, ImapRequest.Search request, CancellationToken cancellationToken)
    {
        var isAsked = (request.Return is { } options && options.Results.HasFlag(SearchResults.Relevancy))
            || request.SortBy.Any(criterion => criterion.Key == SortKey.Relevancy);
        if (!isAsked)
            return null;
        var key = new SearchKeys(session, view, isExact: true).From(request.Term);
        var found = await session.WithProgressAsync(ImapSession.TextOf(request.Tag), view.SearchAsync(key, cancellationToken)).ConfigureAwait(false);
        return new(found.TryGet(out var exact, out _) ? [.. exact] : []);
    }

    /// <summary>From 1 to 100.</summary>
    public int Of(int sequence) => _exact.Contains(sequence) ? Exact : Near;
}
