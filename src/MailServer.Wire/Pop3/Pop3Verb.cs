namespace MailServer.Wire.Pop3;

/// <summary>The commands of RFC 1939, RFC 2449 (CAPA), RFC 2595 (STLS), RFC 5034 (AUTH) and RFC 6856 (UTF8, LANG).</summary>
public enum Pop3Verb
{
    /// <summary>None that we know. APOP is among them: it would need the password in clear on our disk.</summary>
    Unknown,
    /// <summary>A verb of HTTP: a browser that was sent here (ALPACA).</summary>
    Http,
    /// <summary>AUTH [mechanism [initial-response]].</summary>
    Auth,
    /// <summary>CAPA.</summary>
    Capa,
    /// <summary>DELE msg.</summary>
    Dele,
    /// <summary>LANG [range].</summary>
    Lang,
    /// <summary>LIST [msg].</summary>
    List,
    /// <summary>NOOP.</summary>
    Noop,
    /// <summary>PASS string.</summary>
    Pass,
    /// <summary>QUIT.</summary>
    Quit,
    /// <summary>RETR msg.</summary>
    Retr,
    /// <summary>RSET.</summary>
    Rset,
    /// <summary>STAT.</summary>
    Stat,
    /// <summary>STLS.</summary>
    Stls,
    /// <summary>TOP msg n.</summary>
    Top,
    /// <summary>UIDL [msg].</summary>
    Uidl,
    /// <summary>USER name.</summary>
    User,
    /// <summary>UTF8.</summary>
    Utf8,
}
