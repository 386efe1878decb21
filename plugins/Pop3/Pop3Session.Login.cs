using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using MailServer.Wire.Pop3;
using MailServer.Wire.Sasl;

namespace MailServer.Plugins.Pop3;

/// <summary>The AUTHORIZATION state (RFC 1939 §4) and CAPA.</summary>
internal sealed partial class Pop3Session
{
    // A token with what surrounds it, in base64, and CRLF: the longest message there is.
    private const int MaxSaslLine = ((BearerMessage.MaxToken + PlainMessage.MaxPart + 64) / 3 * 4) + 2;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private ValueTask<Next> AnswerStrangerAsync(Pop3Command command)
    {
        if (command.Verb == Pop3Verb.Stls)
            return new(Stls());
        if (command.Verb == Pop3Verb.Utf8)
            return new(Utf8(command));
        if (!connection.Info.AllowsPlaintextAuth)
            return new(Fail("[AUTH] No passwords in clear: begin TLS first"u8));      // RFC 2595 §2.2, RFC 8314 §3.3
        return command.Verb switch
        {
            Pop3Verb.User => new(User(command)),
            Pop3Verb.Pass => PassAsync(command),
            _ => AuthAsync(command),
        };
    }

    /// <summary>RFC 2449 §5, with what is true at this moment.</summary>
    private Next Capa()
    {
        Pop3Writer.Ok(Output, "Capabilities follow"u8);
        Pop3Writer.Line(Output, "TOP"u8);
        Pop3Writer.Line(Output, "UIDL"u8);
        Pop3Writer.Line(Output, "PIPELINING"u8);
        Pop3Writer.Line(Output, "RESP-CODES"u8);
        Pop3Writer.Line(Output, "AUTH-RESP-CODE"u8);
        Pop3Writer.Line(Output, "EXPIRE NEVER"u8);
        Pop3Writer.Line(Output, "UTF8 USER"u8);
        Pop3Writer.Line(Output, "LANG"u8);
        if (services.LoginDelay.Seconds is > 0 and var delay)
            Pop3Writer.Line(Output, Encoding.ASCII.GetBytes($"LOGIN-DELAY {delay}"));
        if (connection.Info.AllowsPlaintextAuth)
        {
            Pop3Writer.Line(Output, "USER"u8);
            Pop3Writer.Line(Output, Encoding.ASCII.GetBytes($"SASL {string.Join(' ', services.Sasl.MechanismsFor(connection.Info))}"));
        }

        if (_maildrop is null && connection.Info.CanStartTls)
            Pop3Writer.Line(Output, "STLS"u8);
        Pop3Writer.Line(Output, Encoding.ASCII.GetBytes($"IMPLEMENTATION MailServer {services.Server.Version}"));
        Pop3Writer.Line(Output, "."u8);
        return Next.Line;
    }

    /// <summary>RFC 2595 §4.</summary>
    private Next Stls()
    {
        if (!connection.Info.CanStartTls)
            return Fail(connection.Info.Tls is null ? "There is no TLS here"u8 : "TLS is up already"u8);
        if (_isUtf8)
            return Fail("STLS comes before UTF8"u8);                                  // RFC 6856 §2.1
        Pop3Writer.Ok(Output, "Begin TLS"u8);
        return Next.StartTls;
    }

    /// <summary>RFC 6856 §2.1. Messages go as they are stored in any case: it says that the client can take them.</summary>
    private Next Utf8(Pop3Command command)
    {
        if (!command.Argument.IsEmpty)
            return Fail("UTF8 takes no argument"u8);
        _isUtf8 = true;
        return Ok("UTF-8 it is"u8);
    }

    /// <summary>RFC 6856 §3.2: our texts are in English, and <c>*</c> asks for what the server likes best.</summary>
    private Next Lang(Pop3Command command)
    {
        if (command.Argument.IsEmpty)
        {
            Pop3Writer.Ok(Output, "Languages follow"u8);
            Pop3Writer.Line(Output, "en English"u8);
            Pop3Writer.Line(Output, "."u8);
            return Next.Line;
        }

        return Ascii.EqualsIgnoreCase(command.Argument, "en"u8) || command.Argument is [(byte)'*'] ? Ok("en English it is"u8) : Err("No such language here"u8);
    }

    private async ValueTask StartTlsAsync()
    {
        await connection.StartTlsAsync(limit.Token).ConfigureAwait(false);
        _userName = null;                                                       // RFC 2595 §4: nothing said before counts
    }

    /// <summary>RFC 1939 §7. The answer is the same whether there is such a user or not.</summary>
    private Next User(Pop3Command command)
    {
        _userName = null;
        if (command.Argument.IsEmpty)
            return Fail("USER needs a name"u8);
        _userName = Text(command.Argument);
        return _userName is null ? Fail("The name is not UTF-8"u8) : Ok("Now the password"u8);
    }

    private ValueTask<Next> PassAsync(Pop3Command command)
    {
        if (_userName is not { } name)
            return new(Fail("USER first"u8));
        _userName = null;                                                       // RFC 1939 §7: a refused PASS begins anew with USER
        return Text(command.Argument) is { } secret ? LoginAsync(new("", name, secret)) : new(Fail("The password is not UTF-8"u8));
    }

    /// <summary>RFC 5034 §4.</summary>
    private ValueTask<Next> AuthAsync(Pop3Command command)
    {
        command.ReadAuth(out var mechanism, out var initial);
        if (mechanism.IsEmpty)
        {
            // Not in RFC 5034, but what some clients ask in place of CAPA.
            Pop3Writer.Ok(Output, "Mechanisms follow"u8);
            foreach (var name in services.Sasl.MechanismsFor(connection.Info))
                Pop3Writer.Line(Output, Encoding.ASCII.GetBytes(name));
            Pop3Writer.Line(Output, "."u8);
            return new(Next.Line);
        }

        _exchange = services.Sasl.Begin(Encoding.ASCII.GetString(mechanism), connection.Info);
        if (_exchange is not { } exchange)
            return new(Fail("No such mechanism"u8));
        return initial.IsEmpty ? StepAsync(exchange, null) : RespondAsync(exchange, initial, isInitial: true);
    }

    private ValueTask<Next> ContinueAuthAsync(ISaslExchange exchange, ReadOnlySpan<byte> response)
    {
        _exchange = null;
        return response is [(byte)'*'] ? new(Fail("Cancelled"u8)) : RespondAsync(exchange, response, isInitial: false);
    }

    private ValueTask<Next> RespondAsync(ISaslExchange exchange, ReadOnlySpan<byte> text, bool isInitial)
    {
        _exchange = null;
        var response = new byte[Base64.GetMaxDecodedFromUtf8Length(text.Length)];
        if (!(isInitial ? SaslText.TryDecodeInitial(text, response, out var length) : SaslText.TryDecode(text, response, out length)))
            return new(Fail("The response is not base64"u8));
        Array.Resize(ref response, length);
        return StepAsync(exchange, response);
    }

    private async ValueTask<Next> StepAsync(ISaslExchange exchange, byte[]? response)
    {
        var step = await exchange.RespondAsync(response, limit.Token).ConfigureAwait(false);
        // A password lay here.
        CryptographicOperations.ZeroMemory(response);
        switch (step)
        {
            case SaslStep.Challenge challenge:
                Pop3Writer.Line(Output, Encoding.ASCII.GetBytes($"+ {Convert.ToBase64String(challenge.Data.Span)}"));
                _exchange = exchange;
                return Next.Line;
            case SaslStep.Accepted accepted:
                return await EnterAsync(accepted.User).ConfigureAwait(false);
            case SaslStep.Refused refused:
                return Refuse(refused.UserName, refused.Outcome);
            default:
                return Fail("The response is none of this mechanism"u8);
        }
    }

    private async ValueTask<Next> LoginAsync(Credentials.Password credentials)
    {
        var (outcome, user) = await services.Authenticator.AuthenticateAsync(credentials, connection.Info, limit.Token).ConfigureAwait(false);
        return outcome == AuthOutcome.Accepted && user is not null ? await EnterAsync(user).ConfigureAwait(false) : Refuse(credentials.UserName, outcome);
    }

    private Next Refuse(string userName, AuthOutcome outcome)
    {
        Log.LoginFailed(services.Logger, connection.Info.Id, userName, connection.Info.Remote.Address, outcome);
        if (outcome == AuthOutcome.Unavailable)
            return Err("[SYS/TEMP] Logins cannot be checked now, try again later"u8);
        return ++_failedLogins < services.Options.MaxLoginFailures ? Err("[AUTH] Wrong name or password"u8) : HangUp("too many failed logins");
    }

    private async ValueTask<Next> EnterAsync(User user)
    {
        if (!services.LoginDelay.TryEnter(user.Name))
            return Err("[LOGIN-DELAY] Too soon after the last login"u8);              // RFC 2449 §8.1.1
        var opened = await Maildrop.OpenAsync(services.Store, user, Author.Of("pop3", connection.Info), limit.Token).ConfigureAwait(false);
        if (!opened.TryGet(out var maildrop, out var problem))
        {
            Log.NotOpened(services.Logger, connection.Info.Id, user.Name, problem.Text);
            Pop3Writer.Err(Output, $"{CodeOf(problem)} {problem.Text}");
            return Next.Line;
        }

        _maildrop = maildrop;
        Log.LoggedIn(services.Logger, connection.Info.Id, user.Name, maildrop.Count, maildrop.Size);
        return Stat(maildrop, " octets"u8);
    }

    /// <summary>The response codes of RFC 2449 §8.1.1 and RFC 3206 §4.</summary>
    private static string CodeOf(Problem problem) =>
        problem.Reason == ProblemReason.InUse ? "[IN-USE]" : problem.Status.IsTransient ? "[SYS/TEMP]" : "[SYS/PERM]";

    private static string? Text(ReadOnlySpan<byte> octets)
    {
        try
        {
            return StrictUtf8.GetString(octets);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }
}
