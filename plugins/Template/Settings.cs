namespace MailServer.Plugins.Template;

/// <summary>The plugin's configuration, read once for each generation. A change of the table makes a new generation.</summary>
internal sealed record Settings
{
    // What a person types in a line, and then some.
    private const int LongestGreeting = 200;

    /// <summary>What the greeter says first.</summary>
    public required string Greeting { get; init; }

    /// <summary>How long the greeter waits for a line.</summary>
    public required TimeSpan IdleTime { get; init; }

    /// <summary>Words that make a subject look like junk; none: there is no filter.</summary>
    public required IReadOnlyList<string> JunkWords { get; init; }

    /// <summary>What each of these words adds to the junk score.</summary>
    public required long JunkWeight { get; init; }

    /// <summary>Whether mail for <c>alice+lists@</c> goes to Alice's folder <c>lists</c>.</summary>
    public required bool FileByDetail { get; init; }

    /// <summary>Reads all keys, then refuses those it does not know: a misspelt key is an error with file and line, not a silence.</summary>
    public static Settings Read(ConfigSection config)
    {
        var settings = new Settings
        {
            Greeting = config.GetString("greeting", "hello"),
            IdleTime = config.GetDuration("idle_time", TimeSpan.FromMinutes(5)),
            JunkWords = config.GetStrings("junk_words"),
            JunkWeight = config.GetInt64("junk_weight", 2),
            FileByDetail = config.GetBoolean("file_by_detail", false),
        };
        config.RejectUnknownKeys();

        if (settings.Greeting.Length > LongestGreeting || settings.Greeting.Any(char.IsControl))
            throw config.Invalid("greeting", $"must be one line of at most {LongestGreeting} characters");
        if (settings.IdleTime <= TimeSpan.Zero)
            throw config.Invalid("idle_time", "must be more than nothing");
        return settings;
    }
}
