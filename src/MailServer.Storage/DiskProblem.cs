using MailServer.Posix;

namespace MailServer.Storage;

/// <summary>What a failing disk means to the peer.</summary>
internal static class DiskProblem
{
    private const int NoMemory = 12;          // ENOMEM
    private const int Exists = 17;            // EEXIST
    private const int TooManyInSystem = 23;   // ENFILE
    private const int TooManyInProcess = 24;  // EMFILE
    private const int NoSpace = 28;           // ENOSPC
    private const int OverShare = 122;        // EDQUOT

    /// <summary>The user's share of the disk is used up (RFC 3463 §3.3, X.2.2); it may have room later.</summary>
    private static readonly Problem Full = new(new(4, 2, 2), "Mailbox full") { Reason = ProblemReason.OverQuota };

    /// <summary>Whether an exception is a disk's or a file system's word, and not a bug.</summary>
    public static bool Is(Exception failure) => failure is IOException or UnauthorizedAccessException;

    /// <summary>Whether it says more of the moment than of the file: the process or the system has too many open, or no memory.</summary>
    public static bool IsOfTheMoment(Exception failure) => failure is PosixException { Error: NoMemory or TooManyInSystem or TooManyInProcess };

    /// <summary>Whether a file could not be made because it is there.</summary>
    public static bool IsAlreadyThere(IOException failure) => failure.HResult == Exists;

    public static Problem From(Exception failure)
    {
        for (var cause = failure; cause is not null; cause = cause.InnerException)
        {
            if (cause is PosixException { IsFull: true, Error: not OverShare } || cause is IOException and { HResult: NoSpace })
                return Problem.StorageFull;
            if (cause is IOException and { HResult: OverShare })
                return Full;
        }

        return Problem.Unavailable;
    }
}
