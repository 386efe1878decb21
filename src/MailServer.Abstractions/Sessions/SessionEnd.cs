namespace MailServer;

/// <summary>How a handler left a session.</summary>
public abstract record SessionEnd
{
    private SessionEnd() { }

    /// <summary>Over: close the connection.</summary>
    public sealed record Closed : SessionEnd
    {
        /// <summary>The one value.</summary>
        public static Closed Instance { get; } = new();
    }

    /// <summary>Stopped at a command boundary: the next generation goes on from this state.</summary>
    /// <param name="State">What the next handler needs to know.</param>
    public sealed record HandOver(SessionState State) : SessionEnd;
}
