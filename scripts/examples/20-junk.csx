// Junk: what the filters scored high, and what claims to be from my bank but is not.
//
// IsAuthentic says that a filter has shown the mail to come from the domain in From (DMARC). When no filter
// checks that, it is false for all mail: then take the bank out.
string[] banks = ["bank.example"];

var isForged = banks.Any(Mail.From.IsIn) && !Mail.IsAuthentic;
if (isForged || Mail.JunkScore >= 5)
{
    FileInto("Junk");
    AddFlag("$Junk");
    Stop();
}
