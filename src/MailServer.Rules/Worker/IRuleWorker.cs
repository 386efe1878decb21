namespace MailServer.Rules;

/// <summary>What the pool needs of a worker.</summary>
internal interface IRuleWorker : IDisposable
{
    /// <summary>Mails it was asked about.</summary>
    int Runs { get; }

    /// <summary>Whether it can be asked again.</summary>
    bool IsUsable { get; }

    /// <summary>The processor time that the last mail took.</summary>
    TimeSpan Spent { get; }

    /// <summary>Asks where a mail goes. One at a time.</summary>
    /// <param name="scripts">The account's scripts.</param>
    /// <param name="mail">The mail.</param>
    /// <param name="recipient">For whom.</param>
    /// <param name="sofar">What was decided before.</param>
    /// <param name="end">When there must be an answer: the process is ended then, and nobody waits for it.</param>
    /// <exception cref="WorkerException">There is no decision; the message says why. The worker cannot be used any more.</exception>
    Task<RuleOutcome> DecideAsync(WorkerScripts scripts, IMailSource mail, IRecipientSource recipient, Delivery sofar, CancellationToken end);
}
