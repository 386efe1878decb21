using System.Globalization;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace MailServer.Interop.Tests;

/// <summary>An IMAP or POP3 client that takes what comes octet by octet, and keeps of much only its size and check sum.</summary>
internal sealed class OctetClient : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(120);

    private readonly TcpClient _client = new() { NoDelay = true };
    private readonly byte[] _buffer = new byte[64 * 1024];
    private Stream _stream = Stream.Null;
    private int _start;
    private int _end;
    private int _tag;

    public static async Task<OctetClient> ConnectAsync(ServerProcess server, string listener)
    {
        var client = new OctetClient();
        await client._client.ConnectAsync("127.0.0.1", server.Port(listener));
        var tls = new SslStream(client._client.GetStream());
        client._stream = tls;
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "localhost",
            RemoteCertificateValidationCallback = (_, certificate, _, _) => server.IsOurs(certificate),
        });
        await client.ReadLineAsync();
        return client;
    }

    public static async Task<OctetClient> LogInAsync(ServerProcess server, string user, string command)
    {
        var client = await ConnectAsync(server, "imaps");
        await client.OkAsync($"LOGIN {user}@example.org {ServerProcess.Password}");
        await client.OkAsync(command);
        return client;
    }

    public async Task SendAsync(ReadOnlyMemory<byte> octets)
    {
        using var limit = new CancellationTokenSource(Limit);
        await _stream.WriteAsync(octets, limit.Token);
        await _stream.FlushAsync(limit.Token);
    }

    public Task SendAsync(string text) => SendAsync(Encoding.Latin1.GetBytes(text));

    /// <summary>An IMAP command that must succeed.</summary>
    public async Task<ImapAnswer> OkAsync(string command)
    {
        var answer = await CommandAsync(command);
        Assert.True(answer.Status.StartsWith("OK", StringComparison.Ordinal), $"{command}: {answer.Status}");
        return answer;
    }

    public async Task<ImapAnswer> CommandAsync(string command)
    {
        await SendAsync($"a{++_tag} {command}\r\n");
        return await AnswerAsync();
    }

    /// <summary>The answer to the command sent last.</summary>
    public async Task<ImapAnswer> AnswerAsync()
    {
        var answer = new ImapAnswer();
        var tag = string.Create(CultureInfo.InvariantCulture, $"a{_tag} ");
        while (true)
        {
            var line = await ReadLineAsync();
            if (line.StartsWith(tag, StringComparison.Ordinal))
                return answer with { Status = line[tag.Length..] };
            answer.Lines.Add(line);
            if (line.EndsWith('}') && long.TryParse(line.AsSpan(line.LastIndexOf('{') + 1).TrimEnd('}'), out var size))
                answer.Literals.Add(await ReadOctetsAsync(size));
        }
    }

    /// <summary>Sends a literal's octets after the server has asked for them.</summary>
    public async Task<ImapAnswer> AppendAsync(string folder, string path)
    {
        var size = new FileInfo(path).Length;
        await SendAsync(string.Create(CultureInfo.InvariantCulture, $"a{++_tag} APPEND {folder} {{{size}}}\r\n"));
        var line = await ReadLineAsync();
        if (line[0] != '+')
            return new() { Status = line };
        await using var file = File.OpenRead(path);
        await file.CopyToAsync(_stream);
        await SendAsync("\r\n");
        return await AnswerAsync();
    }

    /// <summary>A POP3 command of one line.</summary>
    public async Task<string> Pop3Async(string command)
    {
        await SendAsync(command + "\r\n");
        var line = await ReadLineAsync();
        Assert.StartsWith("+OK", line, StringComparison.Ordinal);
        return line;
    }

    /// <summary>What follows a POP3 command up to the lone dot, without the stuffed dots (RFC 1939 §3).</summary>
    public async Task<Octets> Pop3TextAsync(string command)
    {
        await Pop3Async(command);
        var octets = new Octets.Builder();
        var isStart = true;
        var held = false;
        while (true)
        {
            if (_start == _end)
                await FillAsync();

            // A dot at the start of a line is either stuffed or the end: the next octet tells.
            var octet = _buffer[_start++];
            if (held)
            {
                held = false;
                if (octet == '\r')
                {
                    Assert.Equal("", await ReadLineAsync(afterCr: true));
                    return octets.Done();
                }
            }
            else if (isStart && octet == '.')
            {
                held = true;
                continue;
            }

            octets.Add([octet]);
            isStart = octet == '\n';
        }
    }

    public async Task<string> ReadLineAsync(bool afterCr = false)
    {
        var line = new StringBuilder();
        for (var last = afterCr ? '\r' : '\0'; ;)
        {
            if (_start == _end)
                await FillAsync();
            var octet = (char)_buffer[_start++];
            if (octet == '\n' && last == '\r')
                return line.ToString(0, Math.Max(0, line.Length - (afterCr ? 0 : 1)));
            line.Append(octet);
            last = octet;
        }
    }

    /// <summary>So many octets, and no more than that is read of them.</summary>
    public async Task<Octets> ReadOctetsAsync(long size)
    {
        var octets = new Octets.Builder();
        while (size > 0)
        {
            if (_start == _end)
                await FillAsync();
            var count = (int)Math.Min(size, _end - _start);
            octets.Add(_buffer.AsSpan(_start, count));
            (_start, size) = (_start + count, size - count);
        }

        return octets.Done();
    }

    public async ValueTask DisposeAsync()
    {
        await _stream.DisposeAsync();
        _client.Dispose();
    }

    private async Task FillAsync()
    {
        using var limit = new CancellationTokenSource(Limit);
        _start = 0;
        _end = await _stream.ReadAsync(_buffer, limit.Token);
        if (_end == 0)
            throw new IOException("the server has closed the connection");
    }
}

/// <summary>What an IMAP command was answered.</summary>
internal sealed record ImapAnswer
{
    public string Status { get; init; } = "";

    public List<string> Lines { get; } = [];

    public List<Octets> Literals { get; } = [];

    /// <summary>All lines as one text.</summary>
    public string Text => string.Concat(Lines);
}

/// <summary>Octets that came.</summary>
/// <param name="Size">How many.</param>
/// <param name="Sum">Their check sum.</param>
/// <param name="Head">The first of them.</param>
internal sealed record Octets(long Size, string Sum, byte[] Head)
{
    private const int MaxHead = 4096;

    internal sealed class Builder
    {
        private readonly IncrementalHash _sum = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        private readonly MemoryStream _head = new();
        private long _size;

        public void Add(ReadOnlySpan<byte> octets)
        {
            _sum.AppendData(octets);
            _size += octets.Length;
            _head.Write(octets[..(int)Math.Min(octets.Length, MaxHead - _head.Length)]);
        }

        public Octets Done() => new(_size, Convert.ToHexString(_sum.GetHashAndReset()), _head.ToArray());
    }
}
