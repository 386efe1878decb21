using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace MailServer.Relay.Tests;

/// <summary>A DNS server on loopback (RFC 1035 §4.1) that knows what a test tells it.</summary>
internal sealed class FakeDns : IAsyncDisposable
{
    private const int A = 1;
    private const int Mx = 15;
    private const int Txt = 16;
    private const int Tlsa = 52;

    private readonly UdpClient _socket = new(new IPEndPoint(IPAddress.Loopback, 0));
    private readonly Dictionary<(string Name, int Type), List<byte[]>> _records = [];
    private readonly Dictionary<string, int> _codes = [];
    private readonly Task _loop;

    public FakeDns() => _loop = ServeAsync();

    public string Address => _socket.Client.LocalEndPoint!.ToString()!;

    public FakeDns WithMx(string domain, int preference, string host)
    {
        byte[] data = [(byte)(preference >> 8), (byte)preference, .. Encode(host)];
        return With(domain, Mx, data);
    }

    public FakeDns WithAddress(string name, string address) => With(name, A, IPAddress.Parse(address).GetAddressBytes());

    public FakeDns WithText(string name, string text) => With(name, Txt, [(byte)text.Length, .. Encoding.ASCII.GetBytes(text)]);

    public FakeDns WithTlsa(string name, int usage, int selector, int matching, byte[] data) => With(name, Tlsa, [(byte)usage, (byte)selector, (byte)matching, .. data]);

    /// <summary>Forgets what was said of a name.</summary>
    public FakeDns Without(string name)
    {
        foreach (var key in _records.Keys.Where(key => key.Name == name).ToArray())
            _records.Remove(key);
        return this;
    }

    /// <summary>Names of which all answers are signed, as a resolver has found that validates: the AD bit (RFC 4035 §3.2.3). The rest is not.</summary>
    public HashSet<string> Signed { get; } = [];

    /// <summary>3: no such domain; 2: the server failed; -1: no answer.</summary>
    public FakeDns WithCode(string name, int code)
    {
        _codes[name] = code;
        return this;
    }

    public async ValueTask DisposeAsync()
    {
        _socket.Dispose();
        await _loop;
    }

    private FakeDns With(string name, int type, byte[] data)
    {
        if (!_records.TryGetValue((name, type), out var list))
            _records[(name, type)] = list = [];
        list.Add(data);
        return this;
    }

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                var asked = await _socket.ReceiveAsync();
                if (Reply(asked.Buffer) is { } reply)
                    await _socket.SendAsync(reply, asked.RemoteEndPoint);
            }
        }
        catch (Exception e) when (e is ObjectDisposedException or SocketException)
        {
            // The test is over.
        }
    }

    private byte[]? Reply(byte[] question)
    {
        var (labels, at) = (new List<string>(), 12);
        for (; question[at] != 0; at += question[at] + 1)
            labels.Add(Encoding.ASCII.GetString(question, at + 1, question[at]));
        var name = string.Join('.', labels).ToLowerInvariant();
        var type = BinaryPrimitives.ReadUInt16BigEndian(question.AsSpan(at + 1));
        var code = _codes.GetValueOrDefault(name);
        if (code < 0)
            return null;
        var records = _records.GetValueOrDefault((name, type)) ?? [];
        var reply = new List<byte>(question[..2]) { 0x81, (byte)(0x80 | (Signed.Contains(name) ? 0x20 : 0) | code), 0, 1, 0, (byte)records.Count, 0, 0, 0, 0 };
        reply.AddRange(question[12..(at + 5)]);
        foreach (var data in records)
            reply.AddRange([0xC0, 12, 0, (byte)type, 0, 1, 0, 0, 0, 1, (byte)(data.Length >> 8), (byte)data.Length, .. data]);
        return [.. reply];
    }

    private static byte[] Encode(string name) =>
        [.. name.Split('.', StringSplitOptions.RemoveEmptyEntries).SelectMany(label => (byte[])[(byte)label.Length, .. Encoding.ASCII.GetBytes(label)]), 0];
}
