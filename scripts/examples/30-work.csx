// Work mail by project: "Re: [apollo] launch date" goes to Work/apollo, the rest of it to Work.
//
// IsIn is true for the domain and for all below it: erin@lab.work.example is work, too.
string[] projects = ["apollo", "gemini", "mercury"];

if (Mail.From.IsIn("work.example"))
{
    var project = projects.FirstOrDefault(name => Mail.Subject.Has($"[{name}]"));
    FileInto(project is null ? "Work" : $"Work/{project}");
    Stop();
}
