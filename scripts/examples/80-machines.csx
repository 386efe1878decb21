// Notifications from machines: cron, monitors, build servers. Failures stay in INBOX with a star,
// all that is well goes to Machines, read already.
//
// Programs that answer or report by themselves say so in Auto-Submitted (RFC 3834).
string[] names = ["cron", "root", "monitor", "no-reply", "noreply", "bot", "builds"];
string[] alarms = ["fail", "error", "down", "critical", "alarm"];

var isMachine = Mail["Auto-Submitted"] is { Exists: true } automatic && !automatic.Is("no")
    || Mail.From.Any(sender => names.Contains(sender.LocalPart.ToLowerInvariant()));

if (isMachine)
{
    if (alarms.Any(Mail.Subject.Has))
    {
        Keep();
        AddFlag(Flagged);
    }
    else
    {
        FileInto("Machines");
        AddFlag(Seen);
    }

    Stop();
}
