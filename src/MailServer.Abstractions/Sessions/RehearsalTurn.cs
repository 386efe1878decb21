namespace MailServer;

/// <summary>A client's turn in a rehearsal (<see cref="IProtocolHandler.Rehearsal"/>).</summary>
/// <param name="Says">What the client says, with its line ends, in ASCII; empty when it only listens, as for a greeting.</param>
/// <param name="Until">How the line of the answer begins that the client waits for, as <c>250 </c>.</param>
public sealed record RehearsalTurn(string Says, string Until);
