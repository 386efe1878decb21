namespace MailServer.Storage;

internal sealed partial class SharedFolder
{
    /// <summary>
    /// Under what the search index knows the folder: UIDVALIDITY, and the GUID of the UID list where it has one, which both stay when the folder is renamed.
    /// </summary>
    public string SearchIdentity
    {
        get
        {
            lock (Gate)
                return $"{UidValidity} {_uids?.HeaderExtras.Split(' ').FirstOrDefault(key => key.StartsWith('G'))}";
        }
    }
}
