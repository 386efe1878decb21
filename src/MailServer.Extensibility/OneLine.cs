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
        var message = MessageOf(exception);
        var text = exception is ConfigException or PluginLoadException or IOException or UnauthorizedAccessException
            ? message
            : $"{exception.GetType().Name}: {message}";
        text = text.ReplaceLineEndings(" ");
        return text.Length > MaxLength ? string.Concat(text.AsSpan(0, MaxLength), "...") : text;
    }

    // A plugin's own exception may do what it likes when it is asked.
    private static string MessageOf(Exception exception)
    {
        try
        {
            return exception.Message ?? "";
        }
#pragma warning disable CA1031 // see above
        catch (Exception)
#pragma warning restore CA1031
        {
            return "(without a message)";
        }
    }
}
