// A mail that comes twice, once to you and once by a list or an alias: the second goes to a folder of its own.
//
// Known by its Message-ID, for a week. Anybody can write any Message-ID, so nothing is thrown away.
if (IsDuplicate())
{
    FileInto("Duplicates", flags: [Seen]);
    Stop();
}
