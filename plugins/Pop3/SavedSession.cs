using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace MailServer.Plugins.Pop3;

/// <summary>A session at a command boundary, as one generation gives it to the next: <c>pop3/1</c>.</summary>
internal sealed record SavedSession
{
    public const string Format = "pop3/1";

    /// <summary>The name of a USER command whose PASS is still to come.</summary>
    public string? UserName { get; init; }

    public int Errors { get; init; }

    public int FailedLogins { get; init; }

    /// <summary>Whether UTF8 was said.</summary>
    public bool IsUtf8 { get; init; }

    /// <summary>Set once logged in.</summary>
    public Maildrop? Maildrop { get; init; }

    public SessionState ToState()
    {
        using var stream = new MemoryStream();
        using (var writer = new BinaryWriter(stream, Encoding.UTF8))
        {
            writer.Write(UserName ?? "");
            writer.Write(Errors);
            writer.Write(FailedLogins);
            var deleted = Maildrop?.Deleted ?? [];
            writer.Write(deleted.Count);
            foreach (var message in deleted)
                writer.Write(message);
            writer.Write(IsUtf8);
        }

        return new SessionState { Format = Format, Data = stream.ToArray(), Account = Maildrop?.Account, View = Maildrop?.View };
    }

    /// <summary>Reads a state. False for one that isn't whole, or of another format.</summary>
    public static bool TryRead(SessionState state, [NotNullWhen(true)] out SavedSession? session)
    {
        session = null;
        if (state.Format != Format || state.Account is null != state.View is null)
            return false;
        try
        {
            using var reader = new BinaryReader(new MemoryStream(state.Data.ToArray()), Encoding.UTF8);
            var user = reader.ReadString();
            var (errors, failed, count) = (reader.ReadInt32(), reader.ReadInt32(), reader.ReadInt32());
            if (count < 0 || count > (state.View?.Count ?? 0))
                return false;
            var deleted = new HashSet<int>(count);
            for (var i = 0; i < count; i++)
                deleted.Add(reader.ReadInt32());
            if (state.View is { } view && deleted.Any(message => message < 1 || message > view.Count))
                return false;

            session = new SavedSession
            {
                UserName = user.Length > 0 ? user : null,
                Errors = errors,
                FailedLogins = failed,

                // A generation that did not know of it has written nothing.
                IsUtf8 = reader.BaseStream.Position < reader.BaseStream.Length && reader.ReadBoolean(),
                Maildrop = state is { Account: { } account, View: { } open } ? new Maildrop(account, open, deleted) : null,
            };
            return true;
        }
        catch (Exception e) when (e is IOException or FormatException or ArgumentException)
        {
            return false;
        }
    }
}
