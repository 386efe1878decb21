namespace MailServer.Storage.Tests;

/// <summary>Gives its bytes in pieces of changing size, one octet among them.</summary>
internal sealed class DribbleStream(byte[] bytes, int seed) : MemoryStream(bytes)
{
    private readonly Random _random = new(seed);

    public override int Read(byte[] buffer, int offset, int count) => base.Read(buffer, offset, Next(count));

    public override int Read(Span<byte> buffer) => base.Read(buffer[..Next(buffer.Length)]);

    private int Next(int count) => count == 0 ? 0 : Math.Min(count, _random.Next(4) switch { 0 => 1, 1 => _random.Next(1, 20), 2 => _random.Next(1, 200), _ => _random.Next(1, 5000) });
}
