using System.Globalization;
using Spectre.Console;

namespace McpTunnel.Cli.Demo.Once;

/// <summary>The report for a person: a block for each call, a line or two for each hop.</summary>
internal static class OncePrinter
{
    private static readonly Style Good = new(Color.Green);
    private static readonly Style Bad = new(Color.Red, decoration: Decoration.Bold);
    private static readonly Style Title = new(decoration: Decoration.Bold);

    public static void Print(IAnsiConsole console, OnceReport report)
    {
        console.WriteLine($"{report.AgentUrl}  →  {report.Upstream}");
        console.WriteLine($"Edge, client, authorization server and sample up in {Milliseconds(report.StartedInMilliseconds)}.");
        foreach (var call in report.Calls)
        {
            Print(console, call);
        }

        foreach (var era in report.NotSpoken)
        {
            console.WriteLine();
            console.WriteLine($"--   {era.ProtocolVersion}  not spoken by this server");
            console.WriteLine($"  {era.Reason}");
        }

        Print(console, report.Refused);
        console.WriteLine();
        console.Write(report.Passed ? new Text("All calls did what they should.", Good) : new Text("Something went wrong; see above.", Bad));
        console.WriteLine();
    }

    private static void Print(IAnsiConsole console, CallReport call)
    {
        Head(console, call.Passed, $"{call.ProtocolVersion}  {call.Call}", Milliseconds(call.Milliseconds));
        console.WriteLine($"  {call.Result}");
        foreach (var hop in call.Hops)
        {
            var share = hop.Milliseconds is { } milliseconds ? Milliseconds(milliseconds) : "";
            console.WriteLine($"  {hop.Hop,-9}{share,10}  {hop.Did}");
            console.WriteLine($"  {"",-9}{"",10}  saw {hop.Saw}");
        }
    }

    private static void Print(IAnsiConsole console, RefusalReport refused)
    {
        Head(console, refused.Passed, "without a token", Milliseconds(refused.Milliseconds));
        console.WriteLine($"  {refused.Status}, refused at the client; the private server never saw it");
        console.WriteLine($"  WWW-Authenticate: {refused.Challenge}");
        console.WriteLine($"  the metadata names the authorization server: {string.Join(", ", refused.AuthorizationServers)}");
    }

    private static void Head(IAnsiConsole console, bool passed, string title, string time)
    {
        console.WriteLine();
        console.Write(new Text(passed ? "ok   " : "FAIL ", passed ? Good : Bad));
        console.Write(new Text(title, Title));
        console.WriteLine($"  {time}");
    }

    private static string Milliseconds(double milliseconds) => string.Create(CultureInfo.InvariantCulture, $"{milliseconds:0.0} ms");
}
