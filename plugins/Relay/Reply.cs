using System.Text;
using MailServer.Wire.Smtp;

namespace MailServer.Plugins.Relay;

/// <summary>A server's whole reply (RFC 5321 §4.2).</summary>
/// <param name="Code">The three digits.</param>
/// <param name="Lines">The texts of its lines, one or more.</param>
internal sealed record Reply(int Code, IReadOnlyList<string> Lines)
{
    public bool IsPositive => Code is >= 200 and < 300;

    /// <summary>A yes that asks for more: 354, 334.</summary>
    public bool IsIntermediate => Code is >= 300 and < 400;

    /// <summary>As it was said, in one line.</summary>
    public string Text => $"{Code} {string.Join(' ', Lines)}";

    /// <summary>What it means for a message. Neither yes nor no is no for now: when unclear, the message is kept.</summary>
    public Problem Problem
    {
        get
        {
            var text = Encoding.ASCII.GetBytes(Lines[0]);
            var hasStatus = ReplyLine.TryReadStatus(Code, text, out var subject, out var detail, out var length);
            var isFinal = Code >= 500;
            var words = string.Join(' ', Lines.Select(line => hasStatus && line.Length >= length ? line[length..].Trim() : line.Trim()));
            return new(new((byte)(isFinal ? 5 : 4), hasStatus ? subject : (ushort)0, hasStatus ? detail : (ushort)0), words.Length > 0 ? words : $"The server said {Code}");
        }
    }
}
