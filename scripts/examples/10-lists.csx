// Mailing lists: each list has a folder of its own, named after its List-Id (RFC 2919).
// Announcements are marked with a star, since nobody reads all of a list.
//
// Lists/dev.lists.example.org is made when its first mail comes.
if (Mail.List is { } list)
{
    FileInto($"Lists/{list}");
    if (Mail.Subject.Has("[ANNOUNCE]"))
        AddFlag(Flagged);
    Stop();
}
