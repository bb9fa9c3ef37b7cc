using System.Text.Json;
using McpTunnel.Protocol.Control;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Protocol.Control;

public sealed class SecretTests
{
    private const string Value = "correct horse battery staple";

    [Test]
    public void No_text_of_a_secret_has_the_secret_in_it()
    {
        var secret = new Secret(Value);
        var holder = new Holder("upstream", secret);

        Assert.Multiple(() =>
        {
            Assert.That(secret.ToString(), Does.Match(@"^secret\([0-9a-f]{8}\)$"));
            Assert.That(holder.ToString(), Does.Not.Contain(Value));
            Assert.That($"{secret}", Does.Not.Contain(Value));
            Assert.That(JsonSerializer.Serialize(holder), Does.Not.Contain(Value));
        });
    }

    [Test]
    public void Reveal_gives_the_secret() => Assert.That(new Secret(Value).Reveal(), Is.EqualTo(Value));

    [Test]
    public void Equal_secrets_are_equal_and_have_one_fingerprint()
    {
        var one = new Secret(Value);
        var same = new Secret(Value);
        var other = new Secret(Value + ".");

        Assert.That(one, Is.EqualTo(same));
        Assert.That(one.Fingerprint, Is.EqualTo(same.Fingerprint));
        Assert.That(one, Is.Not.EqualTo(other));
        Assert.That(one.Fingerprint, Is.Not.EqualTo(other.Fingerprint));
    }

    [Test]
    public void An_empty_secret_is_a_mistake() => Assert.That(() => new Secret(""), Throws.ArgumentException);

    private sealed record Holder(string Name, Secret Password);
}
