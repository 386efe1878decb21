using MailServer.Posix;

namespace MailServer.Storage.Tests;

/// <summary>How the disk breaks at one call.</summary>
public enum Breakage
{
    /// <summary>One call fails.</summary>
    Once,

    /// <summary>From that call on, nothing can be made or grow; what is there can be removed.</summary>
    Full,

    /// <summary>From that call on, every call fails.</summary>
    Dead,

    /// <summary>From that call on, the directories belong to somebody else: names can neither come nor go, files that are there can be read and written.</summary>
    Forbidden,

    /// <summary>The process dies at that call: no other is made after it, and nobody tidies up.</summary>
    Killed,
}

/// <summary>A disk below one directory that fails at the n-th call of one kind.</summary>
internal sealed class FaultyDisk : IDiskProbe, IDisposable
{
    private readonly string _root;
    private readonly DiskCall _call;
    private readonly int _error;
    private readonly Breakage _breakage;
    private int _callsLeft;
    private volatile bool _isBroken;

    public FaultyDisk(string root, DiskCall call, int nth, Breakage breakage, int error)
    {
        (_root, _call, _callsLeft, _breakage, _error) = (root, call, nth, breakage, error);
        DiskProbe.Add(this);
    }

    /// <summary>Whether the call that fails has come.</summary>
    public bool HasFailed => _isBroken;

    public DiskFault Before(in DiskOperation operation, int length)
    {
        if (!operation.Path.StartsWith(_root, StringComparison.Ordinal))
            return default;
        var isIt = operation.Call == _call && Interlocked.Decrement(ref _callsLeft) == 0;
        if (isIt)
            _isBroken = true;
        else if (!_isBroken || !Stays(operation.Call))
            return default;
        if (_breakage == Breakage.Killed)
            throw new KilledException();

        // A write that fails may have written something before.
        return new(_error, length / 2);
    }

    public void After(in DiskOperation operation)
    {
    }

    public void Dispose() => DiskProbe.Remove(this);

    /// <summary>Whether a disk can be found broken in that way by such a call.</summary>
    public static bool CanBegin(Breakage breakage, DiskCall call) => breakage switch
    {
        Breakage.Full => call is DiskCall.Create or DiskCall.Write or DiskCall.Link or DiskCall.MakeDirectory,
        Breakage.Forbidden => call is DiskCall.Create or DiskCall.Link or DiskCall.Rename or DiskCall.Unlink or DiskCall.MakeDirectory or DiskCall.RemoveDirectory,
        _ => true,
    };

    private bool Stays(DiskCall call) => _breakage != Breakage.Once && CanBegin(_breakage, call);
}

/// <summary>Nothing that follows happens: no handler of the server knows it.</summary>
internal sealed class KilledException() : NotSupportedException("killed");
