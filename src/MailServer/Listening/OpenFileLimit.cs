using System.Globalization;

namespace MailServer.Server.Listening;

/// <summary>How many files the process may have open. The runtime has raised that to the hard limit by now.</summary>
internal static class OpenFileLimit
{
    private const string Row = "Max open files";

    public static int Read()
    {
        try
        {
            foreach (var line in File.ReadLines("/proc/self/limits"))
                if (line.StartsWith(Row, StringComparison.Ordinal)
                    && int.TryParse(line[Row.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0], CultureInfo.InvariantCulture, out var limit))
                    return limit;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // No /proc: nothing is known, so nothing is limited.
        }

        return int.MaxValue;
    }
}
