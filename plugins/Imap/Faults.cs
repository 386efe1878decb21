using MailServer.Wire.Imap;

namespace MailServer.Plugins.Imap;

/// <summary>The answer to a request that could not be read.</summary>
internal static class Faults
{
    public static Completion Answer(RequestFault fault) => fault switch
    {
        RequestFault.LineTooLong => Completion.Bad("Line too long"),
        RequestFault.LiteralTooLong => Completion.Bad("Literal too long"),
        RequestFault.RequestTooLong => Completion.Bad("Command too long"),
        RequestFault.BadTag => Completion.Bad("A command begins with a tag"),
        RequestFault.UnknownCommand => Completion.Bad("Unknown command"),
        RequestFault.TooMany => Completion.Bad("Too many arguments"),
        RequestFault.TooDeep => Completion.Bad("Nested too deep"),
        _ => Completion.Bad("Invalid arguments"),
    };
}
