using System.Text;

namespace MailServer.Pop3.Tests.Fakes;

/// <summary>One account's INBOX in memory, with the exclusive lock of a maildrop.</summary>
public sealed class FakeStore : IMailStore
{
    private uint _nextUid = 1;

    public List<FakeMessage> Messages { get; } = [];

    public bool IsLocked { get; set; }

    public int OpenAccounts { get; set; }

    /// <summary>What ExpungeAsync answers in place of removing.</summary>
    public Problem? ExpungeProblem { get; set; }

    public Problem? OpenProblem { get; set; }

    /// <summary>Adds a message whose text has the line ends that are to be sent.</summary>
    public FakeStore Add(string text)
    {
        Messages.Add(new(_nextUid++, Encoding.Latin1.GetBytes(text)));
        return this;
    }

    public ValueTask<Outcome<IMailAccount>> OpenAsync(User user, CancellationToken cancellationToken)
    {
        if (OpenProblem is not null)
            return new(OpenProblem);
        OpenAccounts++;
        return new(new Outcome<IMailAccount>(new FakeAccount(this, user)));
    }
}

/// <summary>A stored message.</summary>
public sealed class FakeMessage(uint uid, byte[] octets)
{
    public uint Uid => uid;

    public byte[] Octets => octets;

    /// <summary>Another program has removed its file.</summary>
    public bool IsGone { get; set; }

    /// <summary>The file breaks off here when it is read.</summary>
    public int? BreaksAt { get; set; }
}
