namespace MailServer.Storage;

/// <summary>Takes a message's decoded text as it is read.</summary>
internal interface ITextSink
{
    /// <summary>Whether the rest need not be read.</summary>
    bool IsDone { get; }

    /// <summary>Takes the next piece.</summary>
    void Add(ReadOnlySpan<char> piece);

    /// <summary>A text ends here: none spans two parts.</summary>
    void End();
}
