using McpTunnel.Protocol.Names;
using McpTunnel.TestKit;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Protocol.Names;

public sealed class TunnelTokenTests
{
    private static readonly byte[] Random20 = [.. Enumerable.Range(1, 20).Select(i => (byte)i)];

    private static readonly string Tunnel = TunnelId.Create([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);

    [Test]
    public void Create_writes_prefix_tunnel_random_and_checksum()
    {
        var token = TunnelToken.Create(Tunnel, Random20);

        Assert.Multiple(() =>
        {
            Assert.That(token.Reveal(), Does.Match("^mct_[a-z2-7]{16}_[a-z2-7]{32}_[a-z2-7]{6}$"));
            Assert.That(token.Reveal(), Does.StartWith("mct_" + Tunnel["tnl_".Length..] + "_aebagbafaydqqcik"));
            Assert.That(token.TunnelId, Is.EqualTo(Tunnel));
            Assert.That(token.Hash, Does.Match("^[0-9a-f]{64}$"));
            Assert.That(token.ToString(), Does.Not.Contain(token.Reveal()[21..]));
        });
    }

    [Test]
    public void TryParse_reads_what_Create_wrote()
    {
        var token = TunnelToken.Create(Tunnel, Random20);

        Assert.That(TunnelToken.TryParse(token.Reveal(), out var parsed), Is.True);
        Assert.That((parsed!.TunnelId, parsed.Hash), Is.EqualTo((token.TunnelId, token.Hash)));
    }

    [Test]
    public void TryParse_refuses_every_single_changed_missing_and_added_character()
    {
        var text = TunnelToken.Create(Tunnel, Random20).Reveal();

        Assert.Multiple(() =>
        {
            for (var i = 0; i < text.Length; i++)
            {
                var changed = text[i] == 'a' ? 'b' : 'a';
                Assert.That(TunnelToken.TryParse(text[..i] + changed + text[(i + 1)..], out _), Is.False, $"changed at {i}");
                Assert.That(TunnelToken.TryParse(text[..i] + text[(i + 1)..], out _), Is.False, $"missing at {i}");
            }

            Assert.That(TunnelToken.TryParse(text + "a", out _), Is.False);
            Assert.That(TunnelToken.TryParse(text.ToUpperInvariant(), out _), Is.False);
            Assert.That(TunnelToken.TryParse("", out _), Is.False);
            Assert.That(TunnelToken.TryParse(null, out _), Is.False);
        });
    }

    [Test]
    public void TryParse_never_throws_whatever_the_text()
    {
        var good = TunnelToken.Create(Tunnel, Random20).Reveal();
        Fuzz.Run(20260728, random =>
        {
            var text = good.ToCharArray();
            for (var i = random.Next(4); i >= 0; i--)
            {
                text[random.Next(text.Length)] = (char)random.Next(0x250);
            }

            var mutated = new string(text, 0, random.Next(text.Length + 1));
            Assert.That(TunnelToken.TryParse(mutated, out _), Is.EqualTo(mutated == good));
        });
    }
}
