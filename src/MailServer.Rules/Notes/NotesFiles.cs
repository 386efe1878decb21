using Microsoft.Extensions.Logging;

namespace MailServer.Rules;

/// <summary>The notes of all accounts.</summary>
/// <param name="time">The clock.</param>
/// <param name="logger">Where a disk's failure is told.</param>
public sealed class NotesFiles(TimeProvider time, ILogger logger)
{
    /// <summary>Accounts whose notes stay in memory: those that got mail last. Another's file is read again, which takes milliseconds.</summary>
    private const int MaxLoaded = 16;

    private readonly Lock _gate = new();
    private readonly LinkedList<(string Path, NotesFile File)> _recent = new();

    /// <summary>The notes in a file, which need not be there yet.</summary>
    public INotes Of(string path)
    {
        lock (_gate)
        {
            for (var node = _recent.First; node is not null; node = node.Next)
                if (node.Value.Path == path)
                {
                    _recent.Remove(node);
                    _recent.AddFirst(node);
                    return node.Value.File;
                }

            var file = new NotesFile(path, time, logger);
            _recent.AddFirst((path, file));
            if (_recent.Count > MaxLoaded && _recent.Last is { } last)
            {
                _recent.RemoveLast();
                last.Value.File.Drop();
            }

            return file;
        }
    }
}
