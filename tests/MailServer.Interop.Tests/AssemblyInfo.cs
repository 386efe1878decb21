using System.Runtime.Versioning;

// The clients are Debian's.
[assembly: SupportedOSPlatform("linux")]
