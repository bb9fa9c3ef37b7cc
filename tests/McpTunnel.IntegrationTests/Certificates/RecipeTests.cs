using System.Diagnostics;
using System.Runtime.Versioning;
using System.Text.RegularExpressions;
using McpTunnel.Certificates.Authorities;
using McpTunnel.Certificates.Inspection;
using McpTunnel.TestKit;

namespace McpTunnel.IntegrationTests.Certificates;

/// <summary>The commands of certs-sample/README.md, run as they are printed.</summary>
[UnsupportedOSPlatform("windows")]
public sealed partial class RecipeTests
{
    [Test]
    public async Task The_recipes_work_as_printed()
    {
        Requires.Linux();
        Requires.DebianProgram("bash", "bash");
        Requires.DebianProgram("openssl", "openssl");
        using var directory = new ScratchDirectory();
        directory.Write(
            "bin/mcptunnel",
            $"#!/bin/sh\nexec dotnet '{Path.Combine(AppContext.BaseDirectory, "mcptunnel.dll")}' \"$@\"\n",
            UnixFileMode.UserRead | UnixFileMode.UserExecute);
        var commands = Block().Matches(Repository.Read("certs-sample/README.md")).Select(match => match.Groups["commands"].Value).ToList();
        Assert.That(commands, Has.Count.EqualTo(3));

        await RunAsync(directory, string.Join('\n', commands));

        foreach (var folder in new[] { directory["state"], directory.Path })
        {
            using var pair = await KeyedCertificate.LoadAsync(Path.Combine(folder, "server.pem"), Path.Combine(folder, "server.key"), CancellationToken.None);
            using var ca = await ServerCa.LoadAsync(
                Path.Combine(folder, "server-ca.pem"), Path.Combine(folder, "server-ca.key"), TimeProvider.System, CancellationToken.None);
            var description = CertificateDescription.Of([.. pair.Chain, ca.Certificate], TimeProvider.System.GetUtcNow());
            Assert.Multiple(() =>
            {
                Assert.That(description.Problems, Is.Empty);
                Assert.That(description.DnsNames, Is.EqualTo(["*.acme.tunnel.example.com"]));
                Assert.That(description.ExtendedKeyUsages, Is.EqualTo(["serverAuth"]));
                Assert.That(ca.Domain, Is.EqualTo("acme.tunnel.example.com"));
            });
        }
    }

    private static async Task RunAsync(ScratchDirectory directory, string script)
    {
        var start = new ProcessStartInfo("bash", ["-eu", "-o", "pipefail", "-c", script])
        {
            WorkingDirectory = directory.Path,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["PATH"] = $"{directory["bin"]}:{Environment.GetEnvironmentVariable("PATH")}";
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.That(process.ExitCode, Is.Zero, $"{await output}\n{await errors}");
    }

    [GeneratedRegex("^```sh\n(?<commands>.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Block();
}
