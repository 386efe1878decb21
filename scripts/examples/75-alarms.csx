// Alarms that repeat themselves: the first in half an hour has a star, those after it are read already.
//
// A note is kept for the account until its time is over, also when the server is restarted.
if (Mail.From.IsIn("monitor.example"))
{
    var alarm = "alarm:" + Mail.Subject;
    FileInto("Alarms");
    if (Remembers(alarm))
        AddFlag(Seen);
    else
    {
        AddFlag(Flagged);
        Remember(alarm, 30.Minutes());
    }

    Stop();
}
