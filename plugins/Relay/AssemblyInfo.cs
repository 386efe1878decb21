[assembly: System.Runtime.CompilerServices.InternalsVisibleTo("MailServer.Relay.Tests")]
