namespace MailServer.Plugins.Smtp;

/// <summary>What other servers and mail programs usually say.</summary>
internal static class SmtpRehearsal
{
    /// <summary>The account that every rehearsal has.</summary>
    private const string Nobody = "nobody@localhost";

    private const string Mail = $"From: <{Nobody}>\r\nTo: <{Nobody}>\r\nSubject: rehearsal\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nrehearsal\r\n..\r\n.\r\n";

    /// <summary>The turns of a server.</summary>
    public static IReadOnlyList<RehearsalTurn> Mx { get; } = [.. Session("EHLO", [])];

    /// <summary>The turns of a mail program.</summary>
    public static IReadOnlyList<RehearsalTurn> Submission { get; } = [.. Session("EHLO", [new("AUTH PLAIN AG5vYm9keQByZWhlYXJzYWw=\r\n", "235 ")])];

    /// <summary>The turns of a delivery agent (RFC 2033 §4.1).</summary>
    public static IReadOnlyList<RehearsalTurn> Local { get; } = [.. Session("LHLO", [])];

    private static IEnumerable<RehearsalTurn> Session(string hello, RehearsalTurn[] login) =>
    [
        new("", "220 "),
        new($"{hello} localhost\r\n", "250 "),
        .. login,
        .. Transaction(),
        .. Transaction(),
        new("RSET\r\n", "250 "),
        new("QUIT\r\n", "221 "),
    ];

    private static IEnumerable<RehearsalTurn> Transaction() =>
    [
        new($"MAIL FROM:<{Nobody}> SIZE=200\r\n", "250 "),
        new($"RCPT TO:<{Nobody}>\r\n", "250 "),
        new("DATA\r\n", "354 "),
        new(Mail, "250 "),
    ];
}
