using McpTunnel.Client.Authentication;
using McpTunnel.Client.Authentication.Jwt;
using Microsoft.Extensions.Time.Testing;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Client.Authentication;

public sealed class TokenCacheTests
{
    private FakeTimeProvider _time = null!;
    private TokenCache _cache = null!;

    [SetUp]
    public void Create()
    {
        _time = new FakeTimeProvider();
        _cache = new TokenCache(_time);
    }

    [Test]
    public void TryGet_what_was_added_is_there_until_its_time()
    {
        _cache.Add(TokenKey.Of("a"), epoch: 1, CallerFor(TimeSpan.FromHours(1)));
        _time.Advance(TokenCache.Lifetime - TimeSpan.FromTicks(1));
        var before = IsKnown("a", 1);
        _time.Advance(TimeSpan.FromTicks(1));

        Assert.Multiple(() =>
        {
            Assert.That(before, Is.True);
            Assert.That(IsKnown("a", 1), Is.False);
        });
    }

    [Test]
    public void TryGet_never_outlives_the_token()
    {
        _cache.Add(TokenKey.Of("a"), epoch: 1, CallerFor(TimeSpan.FromSeconds(10)));
        _time.Advance(TimeSpan.FromSeconds(10));

        Assert.That(IsKnown("a", 1), Is.False);
    }

    [Test]
    public void TryGet_other_keys_of_the_issuer_forget_everything()
    {
        _cache.Add(TokenKey.Of("a"), epoch: 1, CallerFor(TimeSpan.FromHours(1)));

        Assert.That(IsKnown("a", 2), Is.False);
    }

    [Test]
    public void TryGet_another_token_is_not_there()
    {
        _cache.Add(TokenKey.Of("a"), epoch: 1, CallerFor(TimeSpan.FromHours(1)));

        Assert.That(IsKnown("b", 1), Is.False);
    }

    [Test]
    public void Add_without_end_keeps_at_most_two_generations()
    {
        const int Many = TokenCache.GenerationSize * 3;
        for (var i = 0; i < Many; i++)
        {
            _cache.Add(TokenKey.Of($"token {i}"), epoch: 1, CallerFor(TimeSpan.FromHours(1)));
        }

        var kept = Enumerable.Range(0, Many).Where(i => IsKnown($"token {i}", 1)).ToList();
        Assert.Multiple(() =>
        {
            Assert.That(kept, Has.Count.LessThanOrEqualTo(TokenCache.GenerationSize * 2).And.Count.GreaterThanOrEqualTo(TokenCache.GenerationSize));
            Assert.That(kept[^1], Is.EqualTo(Many - 1), "the newest are kept");
        });
    }

    [Test]
    public void TokenKey_longest_token_has_a_key_of_its_own() =>
        Assert.That(TokenKey.Of(new string('a', BearerToken.MaxLength)), Is.Not.EqualTo(TokenKey.Of(new string('a', BearerToken.MaxLength - 1))));

    private bool IsKnown(string token, long epoch) => _cache.TryGet(TokenKey.Of(token), epoch, out _);

    private Caller CallerFor(TimeSpan life) => Caller.Anonymous with { ExpiresAt = _time.GetUtcNow() + life };
}
