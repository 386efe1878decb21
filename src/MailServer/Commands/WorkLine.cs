using System.Globalization;

namespace MailServer.Server.Commands;

/// <summary>Says on a terminal that work goes on whose end nobody knows, on one line that counts seconds; a file or pipe hears nothing.</summary>
internal sealed class WorkLine : IDisposable
{
    private const int Width = 100;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    private readonly Lock _lock = new();
    private readonly string _what;
    private readonly long _start = TimeProvider.System.GetTimestamp();
    private readonly ITimer? _timer;
    private bool _isOver;

    /// <summary>Begins. Work that takes less than half a second says nothing.</summary>
    /// <param name="what">What is done, as "checking 3 scripts".</param>
    public WorkLine(string what)
    {
        _what = what;
        if (!Console.IsErrorRedirected)
            _timer = TimeProvider.System.CreateTimer(static line => ((WorkLine)line!).Say(), this, Pause, Pause);
    }

    public void Dispose()
    {
        _timer?.Dispose();
        lock (_lock)
            if (!_isOver && _timer is not null)
                Console.Error.Write($"\r{"".PadRight(Width)}\r");
        _isOver = true;
    }

    private void Say()
    {
        var line = string.Create(CultureInfo.InvariantCulture, $"{_what}, {TimeProvider.System.GetElapsedTime(_start).TotalSeconds:F0} s");
        lock (_lock)
            if (!_isOver)
                Console.Error.Write($"\r{(line.Length > Width ? line[..Width] : line).PadRight(Width)}");
    }
}
