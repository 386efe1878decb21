namespace MailServer.Storage;
internal sealed class ExportRecord { public const string FileName = "mailserver-export"; }
