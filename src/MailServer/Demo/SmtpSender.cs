using System.Text;

namespace MailServer.Server.Demo;

/// <summary>Sends mail by SMTP, as a client or another server does (RFC 5321).</summary>
internal sealed class SmtpSender : IAsyncDisposable
{
    private readonly LineStream _line;

    private SmtpSender(LineStream line) => _line = line;

    /// <summary>Connects as another server does: no password, TLS where it is offered.</summary>
    public static async Task<SmtpSender> ConnectAsync(int port, CancellationToken cancellationToken)
    {
        var line = await LineStream.ConnectAsync(port, cancellationToken).ConfigureAwait(false);
        var sender = new SmtpSender(line);
        try
        {
            await sender.ExpectAsync('2', "the greeting", cancellationToken).ConfigureAwait(false);
            if ((await sender.CommandAsync("EHLO demo.example.net", '2', cancellationToken).ConfigureAwait(false)).Contains("STARTTLS", StringComparison.Ordinal))
            {
                await sender.CommandAsync("STARTTLS", '2', cancellationToken).ConfigureAwait(false);
                await line.StartTlsAsync(cancellationToken).ConfigureAwait(false);
                await sender.CommandAsync("EHLO demo.example.net", '2', cancellationToken).ConfigureAwait(false);
            }

            return sender;
        }
        catch
        {
            await sender.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Logs in as a user's client does (SASL PLAIN, RFC 4616).</summary>
    public Task LogInAsync(string user, string password, CancellationToken cancellationToken) =>
        CommandAsync($"AUTH PLAIN {Convert.ToBase64String(Encoding.UTF8.GetBytes($"\0{user}\0{password}"))}", '2', cancellationToken);

    /// <summary>Sends a message; returns the reply to its final dot.</summary>
    /// <exception cref="IOException">The server refused it.</exception>
    public async Task<string> SendAsync(string from, IEnumerable<string> recipients, byte[] message, CancellationToken cancellationToken)
    {
        await CommandAsync($"MAIL FROM:<{from}>", '2', cancellationToken).ConfigureAwait(false);
        foreach (var recipient in recipients)
            await CommandAsync($"RCPT TO:<{recipient}>", '2', cancellationToken).ConfigureAwait(false);
        await CommandAsync("DATA", '3', cancellationToken).ConfigureAwait(false);
        await _line.WriteAsync(Stuffed(message), cancellationToken).ConfigureAwait(false);
        return await CommandAsync(".", '2', cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await _line.WriteLineAsync("QUIT", CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // It has hung up first.
        }

        await _line.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>With CRLF at each line's end, and a dot before each dot that begins a line (RFC 5321 §4.5.2).</summary>
    internal static byte[] Stuffed(byte[] message)
    {
        var stuffed = new List<byte>(message.Length + 64);
        var begins = true;
        for (var i = 0; i < message.Length; i++)
        {
            var octet = message[i];
            if (octet == '\r' && i + 1 < message.Length && message[i + 1] == '\n')
                continue;
            if (begins && octet == '.')
                stuffed.Add((byte)'.');
            begins = octet == '\n';
            if (begins)
                stuffed.Add((byte)'\r');
            stuffed.Add(octet);
        }

        if (!begins)
            stuffed.AddRange("\r\n"u8);
        return [.. stuffed];
    }

    private async Task<string> CommandAsync(string command, char expected, CancellationToken cancellationToken)
    {
        await _line.WriteLineAsync(command, cancellationToken).ConfigureAwait(false);
        // A password is in the line after AUTH: it is not repeated in the error.
        return await ExpectAsync(expected, command.StartsWith("AUTH", StringComparison.Ordinal) ? "AUTH" : command, cancellationToken).ConfigureAwait(false);
    }

    private async Task<string> ExpectAsync(char expected, string what, CancellationToken cancellationToken)
    {
        var reply = new StringBuilder();
        string line;
        do
        {
            line = await _line.ReadLineAsync(cancellationToken).ConfigureAwait(false);
            reply.Append(line).Append('\n');
        }
        while (line.Length > 3 && line[3] == '-');
        return line.Length > 0 && line[0] == expected ? reply.ToString() : throw new IOException($"{what}: {line}");
    }
}
