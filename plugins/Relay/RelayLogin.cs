using System.Security.Cryptography;
using System.Text;

namespace MailServer.Plugins.Relay;

/// <summary>Logs in (RFC 4954 §4): SCRAM-SHA-256 (RFC 7677), which shows the password to nobody, else PLAIN (RFC 4616), else LOGIN.</summary>
internal static class RelayLogin
{
    /// <exception cref="RelayException">It did not work: for now, since a password is put right by somebody, and the mail should not go back meanwhile.</exception>
    public static async ValueTask RunAsync(RelaySession session, Login login, CancellationToken cancellationToken)
    {
        var mechanisms = session.Extensions.Mechanisms;
        if (!session.Connection.IsPrivate && !mechanisms.Contains("SCRAM-SHA-256"))
            throw new RelayException(new(new(4, 7, 11), $"{session.Host.Name}: no password is sent without TLS"));
        var reply = mechanisms switch
        {
            _ when mechanisms.Contains("SCRAM-SHA-256") => await ScramAsync(session, login, cancellationToken).ConfigureAwait(false),
            _ when mechanisms.Contains("PLAIN") => await session.AskAsync(
                $"AUTH PLAIN {Encode($"\0{login.User}\0{login.Password}")}", TimeLimits.Command, cancellationToken).ConfigureAwait(false),
            _ when mechanisms.Contains("LOGIN") => await LoginAsync(session, login, cancellationToken).ConfigureAwait(false),
            _ => throw new RelayException(new(new(4, 7, 4), $"{session.Host.Name} offers no way to log in that is known here")),
        };
        if (reply.Code != 235)
            throw new RelayException(new(new(4, 7, 8), $"{session.Host.Name} refuses the login of {login.User}"), reply);
    }

    private static async ValueTask<Reply> LoginAsync(RelaySession session, Login login, CancellationToken cancellationToken)
    {
        var reply = await session.AskAsync("AUTH LOGIN", TimeLimits.Command, cancellationToken).ConfigureAwait(false);
        if (reply.Code == 334)
            reply = await session.AskAsync(Encode(login.User), TimeLimits.Command, cancellationToken).ConfigureAwait(false);
        return reply.Code == 334 ? await session.AskAsync(Encode(login.Password), TimeLimits.Command, cancellationToken).ConfigureAwait(false) : reply;
    }

    private static async ValueTask<Reply> ScramAsync(RelaySession session, Login login, CancellationToken cancellationToken)
    {
        var scram = new ScramClient(login.User, login.Password, Convert.ToBase64String(RandomNumberGenerator.GetBytes(18)));
        var reply = await session.AskAsync($"AUTH SCRAM-SHA-256 {Encode(scram.First)}", TimeLimits.Command, cancellationToken).ConfigureAwait(false);
        if (reply.Code != 334)
            return reply;
        if (scram.Final(Decode(reply)) is not { } final)
            throw new RelayException(new(new(4, 7, 8), $"{session.Host.Name}: its SCRAM challenge is none"));
        reply = await session.AskAsync(Encode(final), TimeLimits.Command, cancellationToken).ConfigureAwait(false);
        // The server's proof comes with 334, or with the 235 (RFC 4954 §4 has no place for it there, but some do).
        var proof = Decode(reply);
        if (reply.Code is 334 or 235 && (reply.Code == 334 || proof.StartsWith("v=", StringComparison.Ordinal)) && !scram.IsServer(proof))
            throw new RelayException(new(new(4, 7, 8), $"{session.Host.Name} does not know the password that it asks for"));
        return reply.Code == 334 ? await session.AskAsync("", TimeLimits.Command, cancellationToken).ConfigureAwait(false) : reply;
    }

    private static string Encode(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    private static string Decode(Reply reply)
    {
        try
        {
            return Encoding.UTF8.GetString(Convert.FromBase64String(reply.Lines[0]));
        }
        catch (FormatException)
        {
            return "";
        }
    }
}
