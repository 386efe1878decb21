using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("MailServer.Smtp.Tests")]
