namespace MailServer.Plugins.Imap;

/// <summary>What CAPABILITY says (RFC 3501 §7.2.1): before login, only what counts then.</summary>
internal static class Capabilities
{
    private const string Always = "CAPABILITY IMAP4rev1 IMAP4rev2 ID ENABLE";

    // Strangers' literals are short (RFC 7888 §5).
    private const string BeforeLogin = Always + " LITERAL-";

    private const string AfterLogin = Always + " LITERAL+ IDLE NAMESPACE UIDPLUS MOVE UNSELECT CHILDREN SPECIAL-USE CREATE-SPECIAL-USE LIST-EXTENDED LIST-STATUS STATUS=SIZE"
        + " CONDSTORE QRESYNC ESEARCH ESORT SEARCHRES WITHIN SORT SORT=DISPLAY THREAD=ORDEREDSUBJECT THREAD=REFERENCES PARTIAL OBJECTID SAVEDATE QUOTA QUOTA=RES-STORAGE QUOTA=RES-MESSAGE PREVIEW BINARY MULTIAPPEND CATENATE REPLACE UNAUTHENTICATE UTF8=ACCEPT UIDONLY INPROGRESS CONTEXT=SEARCH CONTEXT=SORT MULTISEARCH SEARCH=FUZZY METADATA LIST-METADATA APPENDLIMIT=";

    public static string Of(ImapSession session)
    {
        if (session.State is not ImapState.NotAuthenticated)
            return AfterLogin + session.Services.Options.MaxMessageSize + (session.Connection.Info.CanCompress ? " COMPRESS=DEFLATE" : "");
        var info = session.Connection.Info;
        var startTls = info.CanStartTls ? " STARTTLS" : "";
        return BeforeLogin + startTls + (info.AllowsPlaintextAuth ? " SASL-IR" + string.Concat(session.Services.Sasl.MechanismsFor(info).Select(name => $" AUTH={name}")) : " LOGINDISABLED");
    }
}
