namespace MailServer;

/// <summary>Brings mail from an account elsewhere. The server runs it while the plugin is in service, and never when it only looks at a configuration.</summary>
public interface IMailFetcher
{
    /// <summary>The name in logs.</summary>
    string Name { get; }

    /// <summary>Brings what is there, and waits for more until it is told to stop. What it throws is logged, and it is run again a minute later.</summary>
    /// <param name="cancellationToken">The server stops, or another generation takes over.</param>
    Task RunAsync(CancellationToken cancellationToken);
}
