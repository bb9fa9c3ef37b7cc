using System.Runtime.Versioning;
using McpTunnel.Certificates;
using McpTunnel.Certificates.Files;
using McpTunnel.TestKit;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Certificates;

[UnsupportedOSPlatform("windows")]
public sealed class GuardedFileTests
{
    private const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private ScratchDirectory _directory = null!;

    [SetUp]
    public void Make() => _directory = new ScratchDirectory();

    [TearDown]
    public void Remove() => _directory.Dispose();

    [TestCase(Owner)]
    [TestCase(UnixFileMode.UserRead)]
    public async Task ReadSecretAsync_reads_a_file_of_the_owner_alone(UnixFileMode mode)
    {
        Requires.Linux();

        var secret = await GuardedFile.ReadSecretAsync(_directory.Write("token", " s3cret\n", mode), CancellationToken.None);

        Assert.That(secret.Reveal(), Is.EqualTo("s3cret"));
    }

    [TestCase(Owner | UnixFileMode.GroupRead, "0640")]
    [TestCase(Owner | UnixFileMode.OtherRead, "0604")]
    [TestCase(Owner | UnixFileMode.GroupWrite, "0620")]
    [TestCase(Owner | UnixFileMode.OtherExecute, "0601")]
    public async Task ReadSecretAsync_refuses_loose_permissions_with_the_command_that_mends_them(UnixFileMode mode, string octal)
    {
        Requires.Linux();
        var path = _directory.Write("a token", "s3cret", mode);

        var refused = await AssertFault(CertificateFault.PermissionsTooLoose, () => GuardedFile.ReadSecretAsync(path, CancellationToken.None));

        Assert.That(refused.Message, Does.Contain($"chmod 600 '{path}'").And.Contain(octal).And.Not.Contain("s3cret"));
    }

    [TestCase(Owner | UnixFileMode.GroupRead, true)]
    [TestCase(Owner | UnixFileMode.GroupRead | UnixFileMode.OtherRead, false)]
    [TestCase(Owner | UnixFileMode.GroupWrite, false)]
    public async Task ReadSecretAsync_lets_the_group_read_where_that_is_said(UnixFileMode mode, bool allowed)
    {
        Requires.Linux();
        var path = _directory.Write("token", "s3cret", mode);
        Task<string> Read() => GuardedFile.ReadTextAsync(path, 100, FileProtection.OwnerAndGroup, CancellationToken.None);

        if (allowed)
        {
            Assert.That(await Read(), Is.EqualTo("s3cret"));
        }
        else
        {
            await AssertFault(CertificateFault.PermissionsTooLoose, Read);
        }
    }

    [Test]
    public async Task ReadSecretAsync_judges_the_file_behind_a_link()
    {
        Requires.Linux();
        var loose = _directory.Write("loose", "s3cret", Owner | UnixFileMode.OtherRead);
        File.CreateSymbolicLink(_directory["link"], loose);

        await AssertFault(CertificateFault.PermissionsTooLoose, () => GuardedFile.ReadSecretAsync(_directory["link"], CancellationToken.None));
        File.SetUnixFileMode(loose, Owner);
        Assert.That((await GuardedFile.ReadSecretAsync(_directory["link"], CancellationToken.None)).Reveal(), Is.EqualTo("s3cret"));
    }

    [Test]
    public async Task ReadAsync_takes_a_file_at_the_limit_and_not_one_byte_more()
    {
        Assert.That(await Read(_directory.Write("at", new string('x', 1000)), 1000), Has.Length.EqualTo(1000));
        await AssertFault(CertificateFault.TooLarge, () => Read(_directory.Write("over", new string('x', 1001)), 1000));
    }

    [Test]
    public async Task ReadAsync_says_what_is_in_the_place_of_the_file()
    {
        File.CreateSymbolicLink(_directory["dangling"], _directory["nowhere"]);
        File.CreateSymbolicLink(_directory["loop"], _directory["loop"]);

        await AssertFault(CertificateFault.FileMissing, () => Read(_directory["missing"]));
        await AssertFault(CertificateFault.FileMissing, () => Read(_directory["dangling"]));
        await AssertFault(CertificateFault.FileMissing, () => Read(Path.Combine(_directory["missing"], "deeper")));
        await AssertFault(CertificateFault.FileUnreadable, () => Read(_directory["loop"]));
        await AssertFault(CertificateFault.NotARegularFile, () => Read(_directory.Path));
        await AssertFault(CertificateFault.Empty, () => Read(_directory.Write("empty", "")));
    }

    [TestCase("/dev/zero")]
    [TestCase("/dev/tty")]
    public async Task ReadAsync_opens_no_device(string device)
    {
        Requires.Linux();

        await AssertFault(CertificateFault.Empty, () => Read(device));
    }

    [Test]
    public async Task ReadTextAsync_refuses_what_is_not_text()
    {
        await File.WriteAllBytesAsync(_directory["binary"], [0x30, 0x82, 0xFF, 0xFE]);

        await AssertFault(
            CertificateFault.Malformed, () => GuardedFile.ReadTextAsync(_directory["binary"], 100, FileProtection.Public, CancellationToken.None));
    }

    [Test]
    public async Task ReadSecretAsync_refuses_white_space()
    {
        var path = _directory.Write("token", " \n\t");

        await AssertFault(CertificateFault.Empty, () => GuardedFile.ReadSecretAsync(path, CancellationToken.None));
    }

    private static Task<byte[]> Read(string path, int limit = 1000) => GuardedFile.ReadAsync(path, limit, FileProtection.Public, CancellationToken.None);

    private static async Task<CertificateException> AssertFault(CertificateFault fault, Func<Task> act)
    {
        var exception = await Assert.ThrowsAsync<CertificateException>(act);
        Assert.That(exception!.Fault, Is.EqualTo(fault), exception.Message);
        return exception;
    }
}
