using System.IO.Pipelines;
using System.Text;

namespace MailServer.Imap.Tests;

/// <summary>A folder in memory.</summary>
internal sealed class FakeFolder(FakeStore store, FolderName name)
{
    private ulong _modSeq = 1;

    public FakeStore Store => store;

    public FolderName Name => name;

    public uint UidValidity { get; init; }

    public uint UidNext { get; private set; } = 1;

    public string? SpecialUse { get; init; }

    public List<FakeMessage> Messages { get; } = [];

    public List<FakeView> Views { get; } = [];

    public List<string> Keywords { get; } = [];

    /// <summary>What every search waits for.</summary>
    public TaskCompletionSource? SearchGate { get; set; }

    /// <summary>A delivery: every view hears of it.</summary>
    public FakeMessage Deliver(string text, SystemFlags flags = SystemFlags.None, DateTimeOffset? date = null) =>
        Deliver(Encoding.Latin1.GetBytes(text), flags, date);

    public FakeMessage Deliver(byte[] octets, MessageFlags flags, DateTimeOffset? date = null)
    {
        var message = new FakeMessage
        {
            Uid = UidNext++,
            Octets = octets,
            Flags = flags,
            Date = date ?? new DateTimeOffset(2026, 11, 24, 6, 7, 8, TimeSpan.FromHours(1)),
            IsRecent = true,
        };
        Messages.Add(message);
        Touch(message);
        return message;
    }

    /// <summary>Somebody else changes flags.</summary>
    public void SetFlags(uint uid, MessageFlags flags)
    {
        var message = Messages.Single(one => one.Uid == uid);
        message.Flags = flags;
        Touch(message);
    }

    /// <summary>Somebody else removes a message.</summary>
    public void Remove(uint uid)
    {
        var message = Messages.Single(one => one.Uid == uid);
        Messages.Remove(message);
        message.IsGone = true;
        Touch(message);
    }

    public void Touch(FakeMessage message, FakeView? by = null)
    {
        message.ModSeq = ++_modSeq;
        foreach (var keyword in message.Flags.Keywords.Where(keyword => !Keywords.Contains(keyword, StringComparer.OrdinalIgnoreCase)))
            Keywords.Add(keyword);
        foreach (var view in Views.ToArray().Where(view => view != by)) // sessions of other threads come and go
            view.Notice(message);
    }

    public FolderStatus Status() => new()
    {
        Messages = Messages.Count,
        Recent = Messages.Count(message => message.IsRecent),
        Unseen = Messages.Count(message => (message.Flags.System & SystemFlags.Seen) == 0),
        UidNext = UidNext,
        UidValidity = UidValidity,
        HighestModSeq = _modSeq,
        Size = Messages.Sum(message => message.Octets.LongLength),
        Deleted = Messages.Count(message => (message.Flags.System & SystemFlags.Deleted) != 0),
        MailboxId = $"F{UidValidity}",
    };
}

internal sealed class FakeMessage
{
    /// <summary>The header fields First, Middle and Last, as a store keeps them; null for one that has not.</summary>
    public byte[]? KeptFields { get; set; }

    public required uint Uid { get; init; }

    public required byte[] Octets { get; init; }

    public required DateTimeOffset Date { get; init; }

    public MessageFlags Flags { get; set; }

    public ulong ModSeq { get; set; }

    public bool IsRecent { get; set; }

    public bool IsGone { get; set; }

    /// <summary>What opening it gives.</summary>
    public Problem? Broken { get; set; }
}

internal sealed class FakeDraft(FakeFolder folder, MessageFlags flags, DateTimeOffset? date) : IMessageDraft
{
    private readonly MemoryStream _body = new();

    public PipeWriter Body => field ??= PipeWriter.Create(_body, new(leaveOpen: true));

    public async ValueTask<Outcome<AppendResult>> CommitAsync(CancellationToken cancellationToken)
    {
        await Body.FlushAsync(cancellationToken);
        var message = folder.Deliver(_body.ToArray(), flags, date);
        return new AppendResult { UidValidity = folder.UidValidity, Uid = message.Uid };
    }

    public ValueTask DisposeAsync() => default;
}

internal sealed class FakeContent(byte[] octets) : IMessageContent
{
    public long Size => octets.Length;

    public async ValueTask CopyToAsync(PipeWriter destination, long offset, long length, CancellationToken cancellationToken) =>
        await destination.WriteAsync(octets.AsMemory((int)offset, (int)length), cancellationToken);

    public Stream OpenRead() => new MemoryStream(octets);

    public ValueTask DisposeAsync() => default;
}
