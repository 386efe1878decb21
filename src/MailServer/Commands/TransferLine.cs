using System.Globalization;
using MailServer.Storage;

namespace MailServer.Server.Commands;

/// <summary>Says on a terminal how far a transfer is, on one line that changes; a file or pipe hears nothing.</summary>
internal sealed class TransferLine : IProgress<TransferProgress>, IDisposable
{
    private const int Width = 100;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    private readonly bool _isShown = !Console.IsErrorRedirected;
    private readonly long _start = TimeProvider.System.GetTimestamp();
    private long _last;

    public void Report(TransferProgress value)
    {
        if (!_isShown || (_last != 0 && TimeProvider.System.GetElapsedTime(_last) < Pause))
            return;
        _last = TimeProvider.System.GetTimestamp();
        var seconds = TimeProvider.System.GetElapsedTime(_start).TotalSeconds;
        var part = value.Total > 0 ? Math.Min(1, (double)value.Done / value.Total) : 1;
        var left = part > 0 ? TimeSpan.FromSeconds(seconds * (1 - part) / part) : TimeSpan.Zero;
        var line = string.Create(CultureInfo.InvariantCulture,
            $"{part,4:P0}  {StoreText.Count(value.Messages, "message")}, {value.Messages / Math.Max(seconds, 1):F0}/s, {left:hh\\:mm\\:ss} to go: {value.Folder}");
        Console.Error.Write($"\r{(line.Length > Width ? line[..Width] : line).PadRight(Width)}");
    }

    public void Dispose()
    {
        if (_last != 0)
            Console.Error.Write($"\r{"".PadRight(Width)}\r");
    }
}
