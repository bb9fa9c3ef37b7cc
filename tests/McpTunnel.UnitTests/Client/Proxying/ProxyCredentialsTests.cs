using McpTunnel.Certificates;
using McpTunnel.Client.Configuration;
using McpTunnel.Client.Proxying;
using McpTunnel.TestKit;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Client.Proxying;

public sealed class ProxyCredentialsTests
{
    private static readonly Uri Proxy = new("http://proxy.example.com:3128");

    private ScratchDirectory _directory = null!;

    [SetUp]
    public void CreateDirectory() => _directory = new ScratchDirectory();

    [TearDown]
    public void RemoveDirectory() => _directory.Dispose();

    [TestCase("svc:secret\n", "", "svc", "secret")]
    [TestCase("svc:with:colons", "", "svc", "with:colons")]
    [TestCase("svc:", "", "svc", "")]
    [TestCase("CORP\\svc:secret", "CORP", "svc", "secret")]
    [TestCase("svc@corp.example:sécret", "", "svc@corp.example", "sécret")]
    public async Task ReadAsync_one_line(string text, string domain, string user, string password)
    {
        var credential = (await ReadAsync(text)).GetCredential(Proxy, "Basic")!;

        Assert.That((credential.Domain, credential.UserName, credential.Password), Is.EqualTo((domain, user, password)));
    }

    [TestCase("hunter2")]
    [TestCase(":hunter2")]
    [TestCase("svc:hunter2\nanother:hunter2")]
    [TestCase("svc:hun\0ter2")]
    public void ReadAsync_anything_else_is_refused_without_showing_it(string text) =>
        Assert.That(
            async () => await ReadAsync(text),
            Throws.InstanceOf<CertificateException>().With.Message.Contain("user:password").And.Message.Not.Contain("ter2"));

    [Test]
    public void ReadAsync_file_that_others_may_read_is_refused_with_the_command_that_mends_it()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Ignore("Windows has no modes.");
        }

        Assert.That(async () => await ReadAsync("svc:secret", UnixFileMode.OtherRead), Throws.InstanceOf<CertificateException>().With.Message.Contain("chmod 600"));
    }

    [Test]
    public async Task GetCredential_answers_only_the_scheme_that_is_named()
    {
        var credentials = await ReadAsync("svc:secret", scheme: ProxyScheme.Basic);

        Assert.That(credentials.GetCredential(Proxy, "Negotiate"), Is.Null);
        Assert.That(credentials.GetCredential(Proxy, "basic"), Is.Not.Null);
    }

    private Task<ProxyCredentials> ReadAsync(string text, UnixFileMode more = UnixFileMode.None, ProxyScheme scheme = ProxyScheme.Any)
    {
        var path = _directory.Write("credentials", text);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | more);
        }

        return ProxyCredentials.ReadAsync(path, scheme, CancellationToken.None);
    }
}
