using System.Globalization;
using System.Net.Security;
using System.Text;

namespace MailServer.Plugins.Relay;

/// <summary>A connection that has been greeted, encrypted and logged in as far as is wanted; it takes one message after the other.</summary>
internal sealed class RelaySession : IAsyncDisposable
{
    /// <summary>Messages on one connection: servers like to see an end.</summary>
    public const int MaxMessages = 100;

    private readonly RelayConnection _connection;

    private readonly bool _isStrict;
    private SslPolicyErrors _errors;

    private RelaySession(RelayConnection connection, RelayHost host, bool isStrict) => (_connection, Host, _isStrict) = (connection, host, isStrict);

    public RelayHost Host { get; }

    public Extensions Extensions { get; private set; } = Extensions.None;

    /// <summary>Whether what the sender of a message with REQUIRETLS asks for is given (RFC 8689 §4.2.1).</summary>
    public bool IsStrict => _connection.IsTls && Extensions.RequireTls && Host.IsNameSure && (_isStrict || Host.Policy is TlsPolicy.Dane or TlsPolicy.Verified { IsTesting: false });

    /// <summary>What is wrong with the certificate by the rules of public authorities; nothing without TLS.</summary>
    public SslPolicyErrors CertificateErrors => _errors;

    public int Messages { get; private set; }

    /// <summary>Whether octets of a message have been sent: then silence does not mean that the server has not taken it.</summary>
    public bool HasSentData { get; set; }

    /// <summary>Whether another message may follow.</summary>
    public bool IsUsable { get; private set; } = true;

    public RelayConnection Connection => _connection;

    /// <summary>Opens a session.</summary>
    /// <exception cref="RelayException">It cannot be opened.</exception>
    public static async ValueTask<RelaySession> OpenAsync(RelayHost host, RelayContext context, bool withTls, bool isStrict, CancellationToken cancellationToken)
    {
        var isVerified = isStrict || context.Options.Tls is RelayTls.StartTls or RelayTls.Implicit;
        var session = new RelaySession(await RelayConnection.ConnectAsync(host.Address, context.Options.Sources.FirstOrDefault(source => source.AddressFamily == host.Address.AddressFamily), TimeLimits.Connect, context.Time, cancellationToken).ConfigureAwait(false), host, isVerified);
        try
        {
            await session.PrepareAsync(context, withTls, cancellationToken).ConfigureAwait(false);
            return session;
        }
        catch
        {
            await session.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Sends a command and reads the reply.</summary>
    public async ValueTask<Reply> AskAsync(string line, TimeSpan limit, CancellationToken cancellationToken)
    {
        await _connection.WriteAsync(Encoding.UTF8.GetBytes(line + "\r\n"), limit, cancellationToken).ConfigureAwait(false);
        return await _connection.ReadReplyAsync(limit, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Sends a message. Where a reply is missing nothing more is sent on this connection.</summary>
    public async ValueTask<IReadOnlyList<SendResult>> SendAsync(IOutgoingMessage message, IReadOnlyList<EmailAddress> recipients, CancellationToken cancellationToken)
    {
        Messages++;
        (IsUsable, HasSentData) = (false, false);
        var (results, isClean) = await new Transaction(this, message, recipients).RunAsync(cancellationToken).ConfigureAwait(false);
        IsUsable = isClean && Messages < MaxMessages;
        return results;
    }

    /// <summary>Says farewell.</summary>
    public async ValueTask QuitAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _connection.WriteAsync("QUIT\r\n"u8.ToArray(), TimeLimits.Quit, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is RelayException or OperationCanceledException)
        {
            // It has gone before us.
        }

        await DisposeAsync().ConfigureAwait(false);
    }

    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    private async ValueTask PrepareAsync(RelayContext context, bool withTls, CancellationToken cancellationToken)
    {
        var options = context.Options;
        if (options.Tls == RelayTls.Implicit)
            await _connection.StartTlsAsync(options.TlsFor(Host, _isStrict, Note), TimeLimits.Handshake, cancellationToken).ConfigureAwait(false);
        var greeting = await _connection.ReadReplyAsync(TimeLimits.Greeting, cancellationToken).ConfigureAwait(false);
        if (!greeting.IsPositive)
            throw Refused(greeting);
        await GreetAsync(context, cancellationToken).ConfigureAwait(false);
        if (options.Tls is RelayTls.StartTls or RelayTls.Opportunistic && withTls)
            await StartTlsAsync(context, cancellationToken).ConfigureAwait(false);
        if (options.Login is { } login)
            await RelayLogin.RunAsync(this, login, cancellationToken).ConfigureAwait(false);
    }

    private void Note(SslPolicyErrors errors) => _errors = errors;

    private async ValueTask GreetAsync(RelayContext context, CancellationToken cancellationToken)
    {
        var reply = await AskAsync($"EHLO {context.Hostname}", TimeLimits.Command, cancellationToken).ConfigureAwait(false);
        if (reply.IsPositive)
        {
            Extensions = Extensions.Read(reply);
            return;
        }

        // RFC 5321 §3.2: an old server is greeted the old way.
        Extensions = Extensions.None;
        reply = reply.Code >= 500 ? await AskAsync($"HELO {context.Hostname}", TimeLimits.Command, cancellationToken).ConfigureAwait(false) : reply;
        if (!reply.IsPositive)
            throw Refused(reply);
    }

    private async ValueTask StartTlsAsync(RelayContext context, CancellationToken cancellationToken)
    {
        if (!Extensions.StartTls)
        {
            if (context.Options.Tls == RelayTls.Opportunistic && !Host.Policy.IsMandatory && !_isStrict)
                return;
            var who = context.Options.Tls == RelayTls.StartTls ? "tls = \"starttls\"" : _isStrict ? "the sender" : "its domain";
            throw new RelayException(new(new(4, 7, 4), $"{Host.Name} offers no STARTTLS, and {who} asks for it"));
        }

        var reply = await AskAsync("STARTTLS", TimeLimits.Command, cancellationToken).ConfigureAwait(false);
        if (!reply.IsPositive)
            throw new RelayException(new(new(4, 7, 4), $"{Host.Name} refuses STARTTLS"), reply);
        await _connection.StartTlsAsync(context.Options.TlsFor(Host, _isStrict, Note), TimeLimits.Handshake, cancellationToken).ConfigureAwait(false);
        // RFC 3207 §4.2: what was said in clear is forgotten.
        await GreetAsync(context, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>A server that will not speak with us may do so another day: its refusal is about us, not about the message.</summary>
    private static RelayException Refused(Reply reply) => new(reply.Problem with { Status = reply.Problem.Status with { Class = 4 } }, reply);
}

/// <summary>What a server offers (RFC 5321 §4.1.1.1).</summary>
internal sealed record Extensions
{
    public static Extensions None { get; } = new();

    public bool Pipelining { get; private init; }

    public bool EightBit { get; private init; }

    public bool Utf8 { get; private init; }

    public bool StartTls { get; private init; }

    /// <summary>RFC 8689.</summary>
    public bool RequireTls { get; private init; }

    /// <summary>RFC 3461.</summary>
    public bool Dsn { get; private init; }

    /// <summary>MT-PRIORITY.</summary>
    public bool Priority { get; private init; }

    public bool HasSize { get; private init; }

    /// <summary>Octets that a message may have; 0 when that is not said.</summary>
    public long MaxSize { get; private init; }

    public IReadOnlyList<string> Mechanisms { get; private init; } = [];

    public static Extensions Read(Reply reply)
    {
        var extensions = None;
        foreach (var line in reply.Lines.Skip(1))
        {
            var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            extensions = words is not [var keyword, ..] ? extensions : keyword.ToUpperInvariant() switch
            {
                "PIPELINING" => extensions with { Pipelining = true },
                "8BITMIME" => extensions with { EightBit = true },
                "SMTPUTF8" => extensions with { Utf8 = true },
                "STARTTLS" => extensions with { StartTls = true },
                "REQUIRETLS" => extensions with { RequireTls = true },
                "DSN" => extensions with { Dsn = true },
                "MT-PRIORITY" => extensions with { Priority = true },
                "SIZE" => extensions with { HasSize = true, MaxSize = words.Length > 1 && long.TryParse(words[1], NumberStyles.None, CultureInfo.InvariantCulture, out var size) ? size : 0 },
                "AUTH" => extensions with { Mechanisms = [.. words.Skip(1).Select(word => word.ToUpperInvariant())] },
                _ => extensions,
            };
        }

        return extensions;
    }
}
