namespace MailServer.Extensibility;

/// <summary>Turns an exception into one line of text, so that no object of a plugin's types is kept.</summary>
internal static class OneLine
{
    // As much as a status line or a log line can use.
    private const int MaxLength = 400;

    /// <summary>With the file in front, unless the exception names one of its own.</summary>
    public static string In(string path, Exception exception) =>
        exception is ConfigException or PluginLoadException ? Of(exception) : $"{path}: {Of(exception)}";

    public static string Of(Exception exception)
    {
        var text = exception is ConfigException or PluginLoadException or IOException or UnauthorizedAccessException
            ? exception.Message
            : $"{exception.GetType().Name}: {exception.Message}";
        text = text.ReplaceLineEndings(" ");
        return text.Length > MaxLength ? string.Concat(text.AsSpan(0, MaxLength), "...") : text;
    }
}
