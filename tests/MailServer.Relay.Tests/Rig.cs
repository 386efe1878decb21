using System.Text;
using MailServer.Plugins.Relay;
using MailServer.TestKit;

namespace MailServer.Relay.Tests;

/// <summary>The plugin, loaded with a smarthost that is a peer of the test's.</summary>
internal sealed class Rig : IAsyncDisposable
{
    private readonly RelayPlugin _plugin = new();

    public Peer Peer { get; } = new();

    public TestPluginHost Host { get; } = new();

    public TempDirectory Folder { get; } = new();

    public IOutgoingTransport Transport => Host.Transports.Single();

    public static async Task<Rig> StartAsync(params (string Key, object Value)[] config)
    {
        var rig = new Rig();
        await rig.LoadAsync([("smarthost", $"127.0.0.1:{rig.Peer.Port}"), .. config.Any(entry => entry.Key == "tls") ? [] : ((string, object)[])[("tls", "none")], .. config]);
        return rig;
    }

    public async Task LoadAsync(params (string Key, object Value)[] config)
    {
        Host.Config = new TestConfig(config);
        await _plugin.ConfigureAsync(Host, default);
    }

    public async Task<SendResult> SendAsync(string text = "Subject: x\r\n\r\nhello\r\n", string recipient = "bob@elsewhere.example") =>
        Assert.Single(await SendAsync(new Message(text), recipient));

    public async Task<IReadOnlyList<SendResult>> SendAsync(Message message, params string[] recipients) =>
        await Transport.SendAsync(message, [.. recipients.Select(AddressOf)], default).AsTask().WaitAsync(TimeSpan.FromSeconds(60));

    public static EmailAddress AddressOf(string text) => new(text[..text.LastIndexOf('@')], text[(text.LastIndexOf('@') + 1)..]);

    public async ValueTask DisposeAsync()
    {
        await _plugin.DisposeAsync();
        await Peer.DisposeAsync();
        Folder.Dispose();
    }

    internal sealed class Message(string text) : IOutgoingMessage
    {
        public string Id => "m1";

        public EmailAddress? ReversePath { get; init; } = new("alice", "example.org");

        public long Size => Encoding.Latin1.GetByteCount(text);

        public bool IsUtf8 { get; init; }

        public SendingTerms Terms { get; init; } = SendingTerms.None;

        public RecipientTerms RecipientTerms { get; init; } = RecipientTerms.None;

        public RecipientTerms TermsOf(EmailAddress recipient) => RecipientTerms;

        public Stream OpenRead() => new MemoryStream(Encoding.Latin1.GetBytes(text));
    }
}
