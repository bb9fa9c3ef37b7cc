using System.Runtime.Versioning;

// CPU time is read from /proc.
[assembly: SupportedOSPlatform("linux")]
