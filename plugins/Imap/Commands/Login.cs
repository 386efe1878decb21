using System.Diagnostics.CodeAnalysis;
using System.Text;
using MailServer.Wire.Imap;

namespace MailServer.Plugins.Imap.Commands;

/// <summary>LOGIN (RFC 3501 §6.2.3), and what AUTHENTICATE shares with it.</summary>
internal static class Login
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static Completion PrivacyRequired { get; } = Completion.No("PRIVACYREQUIRED", "Start TLS first");

    private static Completion Failed { get; } = Completion.No("AUTHENTICATIONFAILED", "Wrong user name or password");

    public static ValueTask<Completion> RunAsync(ImapSession session, ImapRequest.Login request, CancellationToken cancellationToken)
    {
        if (!session.Connection.Info.AllowsPlaintextAuth)
            return new(PrivacyRequired);
        return TryDecode(request.User.Span, out var user) && TryDecode(request.Password.Span, out var password)
            ? CheckAsync(session, user, password, cancellationToken)
            : new(Refuse(session, "?", AuthOutcome.Refused));
    }

    /// <summary>Whether a request that has just begun is LOGIN.</summary>
    public static bool Begins(ReadOnlyMemory<byte> octets) =>
        RequestParser.TryReadTag(octets.Span, out var tag) && octets.Span[(tag.Length + 1)..] is var rest
        && rest.Length > 6 && Ascii.EqualsIgnoreCase(rest[..6], "LOGIN "u8);

    /// <summary>Decodes UTF-8; false when it is none.</summary>
    private static bool TryDecode(ReadOnlySpan<byte> octets, [NotNullWhen(true)] out string? text)
    {
        try
        {
            text = Strict.GetString(octets);
            return true;
        }
        catch (DecoderFallbackException)
        {
            text = null;
            return false;
        }
    }

    /// <summary>Asks the authenticators, and opens the account of who is right.</summary>
    private static async ValueTask<Completion> CheckAsync(
        ImapSession session, string user, string password, CancellationToken cancellationToken)
    {
        var credentials = new Credentials.Password("", user, password);
        var result = await session.Services.Authenticator.AuthenticateAsync(credentials, session.Connection.Info, cancellationToken).ConfigureAwait(false);
        if (result is not { Outcome: AuthOutcome.Accepted, User: { } accepted })
            return Refuse(session, user, result.Outcome);
        return await EnterAsync(session, accepted, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Opens the account of who has been let in.</summary>
    public static async ValueTask<Completion> EnterAsync(ImapSession session, User accepted, CancellationToken cancellationToken)
    {
        var opened = await session.Services.Store.OpenAsync(accepted, Author.Of("imap", session.Connection.Info), cancellationToken).ConfigureAwait(false);
        if (!opened.TryGet(out var account, out var problem))
            return Completion.From(problem);
        session.State = new ImapState.Authenticated(account);
        Log.LoggedIn(session.Services.Logger, session.Connection.Info.Id, accepted.Name, session.Connection.Info.Remote);

        // The capabilities have changed; told here, they need not be asked for (RFC 3501 §6.2.3).
        return Completion.Ok(Capabilities.Of(session), "Logged in");
    }

    /// <summary>The answer does not tell an unknown user from a wrong password.</summary>
    public static Completion Refuse(ImapSession session, string user, AuthOutcome outcome)
    {
        Log.LoginRefused(session.Services.Logger, session.Connection.Info.Id, Printable(user), session.Connection.Info.Remote, outcome);
        if (outcome == AuthOutcome.Unavailable)
            return Completion.No("UNAVAILABLE", "Cannot check passwords now");
        session.LoginFailures++;
        return Failed;
    }

    // A stranger's text must not write lines of its own into a log, nor long ones.
    private static string Printable(string user) =>
        string.Concat(user.Take(80).Select(c => char.IsControl(c) || char.IsWhiteSpace(c) ? '?' : c));
}
