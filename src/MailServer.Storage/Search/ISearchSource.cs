namespace MailServer.Storage;

/// <summary>A folder as the index reads it, in the background while it may change.</summary>
internal interface ISearchSource : IAsyncDisposable
{
    /// <summary>What tells it from every other folder of the account, under whatever name it goes.</summary>
    string Identity { get; }

    /// <summary>The next messages in order of UID.</summary>
    IReadOnlyList<(uint Uid, string BaseName)> After(uint uid, int count);

    /// <summary>Opens a message; null when it is not where it was.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    Stream? Open(uint uid);
}
