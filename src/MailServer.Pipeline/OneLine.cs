namespace MailServer.Pipeline;

/// <summary>Turns what plugins and mails say into one line of text that a log or a reply can hold. No object of a plugin's types is kept.</summary>
internal static class OneLine
{
    // As much as a status line or a log line can use.
    private const int MaxLength = 300;

    public static string Of(Exception exception) =>
        Of(exception is IOException or UnauthorizedAccessException ? exception.Message : $"{exception.GetType().Name}: {exception.Message}");

    public static string Of(string? text) => Clean(text, static c => !char.IsControl(c), ' ');

    /// <summary>A plugin's problem as it may be sent: one line of US-ASCII (RFC 5321 §4.2), and a status that means a refusal.</summary>
    public static Problem Of(Problem problem, bool isFinal) => problem with
    {
        Status = problem.Status is { Class: 4 or 5 } status ? status : new((byte)(isFinal ? 5 : 4), 7, 1),
        Text = Clean(problem.Text, static c => c is >= ' ' and <= '~', '?'),
    };

    private static string Clean(string? text, Func<char, bool> isGood, char otherwise)
    {
        text ??= "";
        if (text.Length <= MaxLength && text.All(isGood))
            return text;
        var shown = text.Length > MaxLength ? string.Concat(text.AsSpan(0, MaxLength), "...") : text;
        return string.Create(shown.Length, (shown, isGood, otherwise), static (target, source) =>
        {
            for (var i = 0; i < target.Length; i++)
                target[i] = source.isGood(source.shown[i]) ? source.shown[i] : source.otherwise;
        });
    }
}
