using System.Runtime.InteropServices;

namespace MailServer.Posix;

/// <summary>A call of the operating system failed. <see cref="Exception.HResult"/> is the error number as the system gave it.</summary>
public sealed class PosixException : IOException
{
    /// <summary>Names the call, the file and the reason.</summary>
    /// <param name="call">The call, as <c>link</c>.</param>
    /// <param name="path">The file it was about.</param>
    /// <param name="error">The error number (<c>errno</c>).</param>
    public PosixException(string call, string path, int error)
        : base($"{call} {path}: {Marshal.GetPInvokeErrorMessage(error)}", error) => Error = error;

    /// <summary>The error number.</summary>
    public int Error { get; }

    /// <summary>The target is there already (EEXIST).</summary>
    public bool IsAlreadyThere => Error == Libc.Exists;

    /// <summary>The file or a folder on its path is not there (ENOENT).</summary>
    public bool IsNotThere => Error == Libc.NotThere;

    /// <summary>The two names are on different file systems (EXDEV).</summary>
    public bool IsOtherDevice => Error == Libc.OtherDevice;

    /// <summary>The disk or the user's share of it is full (ENOSPC, EDQUOT).</summary>
    public bool IsFull => Error is Libc.NoSpace or Libc.OverShare;

    /// <summary>The file has as many names as the file system allows (EMLINK).</summary>
    public bool IsLinkLimit => Error == Libc.TooManyLinks;
}
