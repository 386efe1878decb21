using System.IO.Pipelines;

namespace MailServer.Server.Listening;

/// <summary>A connection's pipes under DEFLATE (RFC 4978): what the session reads and writes is clear, what goes over the pipes beneath is compressed.</summary>
internal sealed class DeflatePipes : IDuplexPipe, IAsyncDisposable
{
    private readonly InflateStream _inflate;
    private readonly DeflateOutput _deflate;

    public DeflatePipes(IDuplexPipe beneath)
    {
        var stream = new DuplexPipeStream(beneath.Input, beneath.Output);
        (_inflate, _deflate) = (new(stream), new(stream));
        Input = PipeReader.Create(_inflate, new(leaveOpen: true, useZeroByteReads: true));
        Output = PipeWriter.Create(_deflate, new(leaveOpen: true));
    }

    public PipeReader Input { get; }

    public PipeWriter Output { get; }

    /// <summary>Says what is left to say, when anybody still listens, and lets go of all memory.</summary>
    public async ValueTask CloseAsync(bool isHeard)
    {
        if (isHeard)
            await Output.CompleteAsync().ConfigureAwait(false);
        await Input.CompleteAsync().ConfigureAwait(false);
        await DisposeAsync().ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        await _inflate.DisposeAsync().ConfigureAwait(false);
        await _deflate.DisposeAsync().ConfigureAwait(false);
    }
}
