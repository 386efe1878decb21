using System.Runtime.CompilerServices;

namespace MailServer.Rules;

// Where the mail goes.
public sealed partial class RuleGlobals
{
    /// <summary>Keeps a copy in INBOX, beside whatever else is done (RFC 5228 §4.3).</summary>
    /// <example>A copy to a folder of its own, and one in INBOX: <code>FileInto("Boss"); Keep();</code></example>
    public void Keep([CallerLineNumber] int line = 0)
    {
        if (!IsStopped)
            _plan.File(FolderName.Inbox, line, "Keep()");
    }

    /// <summary>
    /// Files the mail into a folder and no longer into INBOX (RFC 5228 §4.1). Levels are split by <c>/</c>. Called twice, the mail is filed
    /// twice. A name that cannot be a folder means INBOX.
    /// </summary>
    /// <param name="folder">The folder's name.</param>
    /// <param name="flags">Flags of this copy alone, in place of those that AddFlag sets on every copy (RFC 5232 §5).</param>
    /// <param name="create">Whether the folder is made when it is not there (RFC 5490 §3.2); if not, the mail is kept in INBOX then.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <example><code>FileInto($"Lists/{Mail.List}");</code></example>
    /// <example>Read already, and only when there is such a folder: <code>FileInto("Reports", flags: [Seen], create: false);</code></example>
    public void FileInto(string folder, string[]? flags = null, bool create = true, [CallerLineNumber] int line = 0)
    {
        if (IsStopped)
            return;
        var action = $"FileInto({Quote(folder)}{Quote(flags)})";
        if (!FolderName.TryParse(folder, out var name))
            _plan.Warn(FolderName.Inbox, line, $"{action}: not a folder name, kept in INBOX");
        else if (!create && !Folders.Exists(name.Value))
            _plan.File(FolderName.Inbox, line, $"{action}: there is no such folder, kept in INBOX");
        else
            _plan.File(name, line, action, Checked(flags, line));
    }

    /// <summary>Files a copy into a folder, which is made when it is not there; where else the mail goes stays as it is (RFC 3894 §3).</summary>
    /// <param name="folder">The folder's name.</param>
    /// <param name="flags">Flags of this copy alone, in place of those that AddFlag sets on every copy (RFC 5232 §5).</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <example><code>if (Mail.HasAttachment("*.pdf")) CopyTo("Paper", flags: [Seen]);</code></example>
    public void CopyTo(string folder, string[]? flags = null, [CallerLineNumber] int line = 0)
    {
        if (IsStopped)
            return;
        var action = $"CopyTo({Quote(folder)}{Quote(flags)})";
        if (FolderName.TryParse(folder, out var name))
            _plan.Copy(name, line, action, Checked(flags, line));
        else
            _plan.Warn(null, line, $"{action}: not a folder name, no copy made");
    }

    /// <summary>
    /// Files the mail into the account's folder for junk (see <see cref="AccountFolders.Junk"/>) and marks it with <c>$Junk</c>, as mail
    /// programs do.
    /// </summary>
    /// <example><code>if (Mail.JunkScore >= 5) { Junk(); Stop(); }</code></example>
    public void Junk([CallerLineNumber] int line = 0)
    {
        if (!IsStopped && FolderName.TryParse(Folders.Junk, out var name))
            _plan.Junk(name, line, $"Junk(): FileInto({Quote(name.Value)}), AddFlag({Quote(JunkKeyword)})");
    }

    /// <summary>
    /// Takes back what an earlier rule has taken for junk: not into that folder, no <c>$Junk</c>, and marked with <c>$NotJunk</c>, so that a
    /// mail program does not sort it away either. A rule that has called Stop has had the last word.
    /// </summary>
    /// <example><code>if (Mail.From.IsIn("club.example") &amp;&amp; Mail.IsAuthentic) NotJunk();</code></example>
    public void NotJunk([CallerLineNumber] int line = 0)
    {
        if (!IsStopped && FolderName.TryParse(Folders.Junk, out var name))
            _plan.NotJunk(name, line, $"NotJunk({Quote(name.Value)})");
    }

    /// <summary>Files the mail into the account's folder for old mail (see <see cref="AccountFolders.Archive"/>).</summary>
    /// <example><code>if (Mail.From.IsIn("bank.example")) { Archive(); AddFlag(Seen); }</code></example>
    public void Archive([CallerLineNumber] int line = 0)
    {
        if (!IsStopped && FolderName.TryParse(Folders.Archive, out var name))
            _plan.File(name, line, $"Archive(): FileInto({Quote(name.Value)})");
    }

    /// <summary>Drops the mail silently, unless it is also filed or kept somewhere (RFC 5228 §4.4).</summary>
    /// <example><code>if (Mail["X-Loop"].Has("monitor@example.org")) { Discard(); Stop(); }</code></example>
    public void Discard([CallerLineNumber] int line = 0)
    {
        if (!IsStopped)
            _plan.Discard(line);
    }

    /// <summary>
    /// Refuses the mail: the server that brings it is told so, with your text, before this server has taken it, and its sender hears of it
    /// from there (RFC 5429 §2.1). Nothing is ever sent from here. When the mail is also filed or kept somewhere, or when others whom it was
    /// sent to take it, it cannot be refused any more and is kept.
    /// </summary>
    /// <param name="text">What the sender is told, in one line of plain ASCII.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <example><code>if (Detail == "oldshop") { Reject("This address is closed."); Stop(); }</code></example>
    public void Reject(string text, [CallerLineNumber] int line = 0)
    {
        if (!IsStopped)
            _plan.Reject(text ?? "", line, $"Reject({Quote(text)})");
    }
}
