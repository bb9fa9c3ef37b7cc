using McpTunnel.Client.Authentication.Jwt;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Client.Authentication;

public sealed class IssuerKeySourceTests
{
    // Public parts of throw-away keys.
    private const string Ec = """{"kty":"EC","crv":"P-256","kid":"ec","use":"sig","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"}""";
    private const string Symmetric = """{"kty":"oct","kid":"oct","k":"c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0"}""";
    private const string ForEncryption = """{"kty":"EC","crv":"P-256","kid":"enc","use":"enc","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"}""";
    private const string ShortRsa = """{"kty":"RSA","kid":"short","n":"sQECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0-Pw","e":"AQAB"}""";

    private const string Damaged = """{"kty":"RSA","kid":"damaged","n":"!!!","e":"AQAB"}""";

    private FakeTimeProvider _time = null!;
    private Func<string> _answer = null!;
    private int _fetches;
    private IssuerKeySource _source = null!;

    [SetUp]
    public void Create()
    {
        _time = new FakeTimeProvider();
        _fetches = 0;
        _answer = () => Set(Ec);
        _source = new IssuerKeySource("https://issuer.test", FetchAsync, _time, NullLogger.Instance);
    }

    [Test]
    public async Task Get_many_at_once_fetch_once()
    {
        var all = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => _source.GetAsync(CancellationToken.None)));

        Assert.Multiple(() =>
        {
            Assert.That(_fetches, Is.EqualTo(1));
            Assert.That(all.Select(keys => keys.Keys.Single().KeyId), Has.All.EqualTo("ec"));
        });
    }

    [Test]
    public async Task Get_keys_that_may_not_sign_are_left_out()
    {
        _answer = () => Set(Symmetric, ForEncryption, ShortRsa, Damaged, Ec);

        var keys = await _source.GetAsync(CancellationToken.None);

        Assert.That(keys.Keys.Select(key => key.KeyId), Is.EqualTo(new[] { "ec" }));
    }

    [TestCase("""{"keys":[]}""")]
    [TestCase("""{"keys":[{"kty":"oct","kid":"oct","k":"c2VjcmV0"}]}""")]
    [TestCase("{}")]
    [TestCase("not json")]
    public void Get_set_without_a_usable_key_fails_closed(string json)
    {
        _answer = () => json;

        Assert.That(async () => await _source.GetAsync(CancellationToken.None), Throws.InstanceOf<IssuerUnavailableException>());
        Assert.That(_source.Problem, Does.StartWith("The keys of https://issuer.test cannot be fetched"));
    }

    [Test]
    public async Task Get_after_a_failure_waits_before_it_tries_again()
    {
        _answer = () => throw new HttpRequestException("down");
        for (var i = 0; i < 10; i++)
        {
            Assert.That(async () => await _source.GetAsync(CancellationToken.None), Throws.InstanceOf<IssuerUnavailableException>());
        }

        var whileDown = _fetches;
        _answer = () => Set(Ec);
        _time.Advance(IssuerKeySource.FailureInterval);
        var keys = await _source.GetAsync(CancellationToken.None);

        Assert.Multiple(() =>
        {
            Assert.That(whileDown, Is.EqualTo(1));
            Assert.That(keys.Keys, Has.Count.EqualTo(1));
            Assert.That(_source.Problem, Is.Null);
        });
    }

    [Test]
    public async Task Refresh_for_unknown_keys_is_limited_in_time()
    {
        var keys = await _source.GetAsync(CancellationToken.None);
        for (var i = 0; i < 100; i++)
        {
            await _source.RefreshForUnknownKeyAsync(keys, CancellationToken.None);
        }

        var atOnce = _fetches;
        _time.Advance(IssuerKeySource.UnknownKeyInterval);
        await _source.RefreshForUnknownKeyAsync(keys, CancellationToken.None);

        Assert.That((atOnce, _fetches), Is.EqualTo((1, 2)));
    }

    [Test]
    public async Task Refresh_that_fails_keeps_the_keys_at_hand()
    {
        var keys = await _source.GetAsync(CancellationToken.None);
        _answer = () => throw new HttpRequestException("down");
        _time.Advance(IssuerKeySource.UnknownKeyInterval);

        Assert.That(await _source.RefreshForUnknownKeyAsync(keys, CancellationToken.None), Is.SameAs(keys));
    }

    [Test]
    public async Task Epoch_rises_only_when_the_set_changed()
    {
        var first = await _source.GetAsync(CancellationToken.None);
        _time.Advance(IssuerKeySource.UnknownKeyInterval);
        var same = await _source.RefreshForUnknownKeyAsync(first, CancellationToken.None);
        _answer = () => Set(Ec.Replace("\"ec\"", "\"ec2\""));
        _time.Advance(IssuerKeySource.UnknownKeyInterval);
        var other = await _source.RefreshForUnknownKeyAsync(first, CancellationToken.None);

        Assert.Multiple(() =>
        {
            Assert.That(same.Epoch, Is.EqualTo(first.Epoch));
            Assert.That(other.Epoch, Is.GreaterThan(first.Epoch));
            Assert.That(other.For("ec2"), Has.Count.EqualTo(1));
            Assert.That(other.For("ec"), Is.Empty);
            Assert.That(other.For(null), Has.Count.EqualTo(1));
        });
    }

    [Test]
    public async Task Get_old_keys_are_used_while_they_are_refreshed_and_not_after_a_day()
    {
        await _source.GetAsync(CancellationToken.None);
        _answer = () => throw new HttpRequestException("down");
        _time.Advance(IssuerKeySource.MaxAge - TimeSpan.FromTicks(1));
        var within = await _source.GetAsync(CancellationToken.None);
        _time.Advance(TimeSpan.FromMinutes(1));

        Assert.That(within.Keys, Has.Count.EqualTo(1));
        Assert.That(async () => await _source.GetAsync(CancellationToken.None), Throws.InstanceOf<IssuerUnavailableException>());
    }

    [Test]
    public async Task Current_keys_count_as_long_as_they_may_be_used()
    {
        await _source.GetAsync(CancellationToken.None);
        _time.Advance(IssuerKeySource.MaxAge - TimeSpan.FromTicks(1));
        var within = _source.Current;
        _time.Advance(TimeSpan.FromTicks(1));

        Assert.That(within?.Keys, Has.Count.EqualTo(1), "judgements made under them are still remembered while the issuer is down");
        Assert.That(_source.Current, Is.Null);
    }

    [Test]
    public async Task Get_set_of_too_many_keys_is_cut()
    {
        _answer = () => Set([.. Enumerable.Range(0, IssuerKeySource.MaxKeys + 1).Select(i => Ec.Replace("\"ec\"", $"\"ec{i}\""))]);

        Assert.That((await _source.GetAsync(CancellationToken.None)).Keys, Has.Count.EqualTo(IssuerKeySource.MaxKeys));
    }

    private static string Set(params string[] keys) => $$"""{"keys":[{{string.Join(',', keys)}}]}""";

    private Task<string> FetchAsync(CancellationToken cancellationToken)
    {
        _fetches++;
        return Task.FromResult(_answer());
    }
}
