namespace MailServer.Plugins.Imap;

/// <summary>What CAPABILITY says (RFC 3501 §7.2.1): before login, only what counts then.</summary>
internal static class Capabilities
{
    private const string Always = "CAPABILITY IMAP4rev1 LITERAL+ ID ENABLE";

    private const string AfterLogin = Always + " IDLE NAMESPACE UIDPLUS MOVE UNSELECT CHILDREN SPECIAL-USE CREATE-SPECIAL-USE LIST-EXTENDED LIST-STATUS STATUS=SIZE"
        + " CONDSTORE QRESYNC ESEARCH ESORT SEARCHRES WITHIN SORT SORT=DISPLAY THREAD=ORDEREDSUBJECT THREAD=REFERENCES PARTIAL OBJECTID SAVEDATE QUOTA QUOTA=RES-STORAGE QUOTA=RES-MESSAGE PREVIEW BINARY MULTIAPPEND CATENATE REPLACE UNAUTHENTICATE APPENDLIMIT=";

    public static string Of(ImapSession session)
    {
        if (session.State is not ImapState.NotAuthenticated)
            return AfterLogin + session.Services.Options.MaxMessageSize;
        var info = session.Connection.Info;
        var startTls = info.CanStartTls ? " STARTTLS" : "";
        return Always + startTls + (info.AllowsPlaintextAuth ? " SASL-IR" + string.Concat(session.Services.Sasl.MechanismsFor(info).Select(name => $" AUTH={name}")) : " LOGINDISABLED");
    }
}
