using System.Globalization;
using McpTunnel.Transport;

namespace McpTunnel.Client.Linking.Care;

/// <summary>
/// Judges one link by samples of it: is it up, and carries next to nothing though there is something to carry?
/// <code>
///   calm ──bytes wait, or an answer on the control channel is late──▶ looking: asks for a round trip with each sample
///   looking ──answers come quickly──▶ calm, and not again for a while
///   looking ──10 s: answers mostly late, next to nothing moved, the peer still heard──▶ collapsed
/// </code>
/// Bytes that wait say little alone: an agent that does not read makes them wait as well (its stream has no credit), and so does an upstream of the other side. What tells these from a path
/// that carries nothing is the control channel, which no agent holds up. Late answers alone say little too: they are what a path full of traffic has. And a peer that is not heard
/// at all is a matter of liveness, whatever the carrier. Pure: time comes with the samples. Not thread-safe.
/// </summary>
internal sealed class GoodputWatch
{
    /// <summary>Bytes that wait for so long are worth a look. 1 s: a retransmission or two.</summary>
    internal static readonly TimeSpan StallWorthALook = TimeSpan.FromSeconds(1);

    /// <summary>How long it has to be bad: a burst of loss on a mobile network passes.</summary>
    internal static readonly TimeSpan Window = TimeSpan.FromSeconds(10);

    /// <summary>A window that comes to no verdict starts over.</summary>
    private static readonly TimeSpan LongestWindow = TimeSpan.FromSeconds(30);

    /// <summary>After quick answers, no look for so long: a slow agent costs three pings in this time.</summary>
    internal static readonly TimeSpan Rest = TimeSpan.FromSeconds(30);

    /// <summary>A sample that comes so late itself says that this machine has slept or is short of time: then answers are late for that. Samples are a second apart.</summary>
    internal static readonly TimeSpan LateSample = TimeSpan.FromSeconds(2.5);

    /// <summary>A peer that was heard so lately is there.</summary>
    private static readonly TimeSpan HeardLately = TimeSpan.FromSeconds(5);

    /// <summary>An answer is late after so many times the least round trip, within these bounds.</summary>
    private const int LateFactor = 8;
    private static readonly TimeSpan LateAtLeast = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LateAtMost = TimeSpan.FromSeconds(3);

    /// <summary>Next to nothing, in bytes a second: 128 kbit/s, less than any network that a company calls one.</summary>
    internal const int NextToNothing = 16 * 1024;

    /// <summary>Samples with a late answer that a verdict needs, and quick answers that end a look.</summary>
    private const int LateNeeded = 5;
    private const int QuickNeeded = 3;

    private TimeSpan? _began;
    private TimeSpan _restUntil = TimeSpan.MinValue;
    private TimeSpan? _taken;
    private TimeSpan _least = TimeSpan.MaxValue;
    private long _answers;
    private long _bytesBefore;
    private int _late;
    private int _quick;

    /// <summary>What was found, for a person; meant for after <see cref="GoodputVerdict.Collapsed"/>.</summary>
    public string Finding { get; private set; } = "";

    private TimeSpan Late => Durations.Shorter(Max(_least == TimeSpan.MaxValue ? TimeSpan.Zero : _least * LateFactor, LateAtLeast), LateAtMost);

    /// <summary>Takes one sample.</summary>
    /// <param name="at">When, since any fixed moment.</param>
    /// <param name="vitals">How the link is then.</param>
    public GoodputVerdict Take(TimeSpan at, LinkVitals vitals)
    {
        if (_taken is { } taken && at - taken >= LateSample)
        {
            _began = null;
            _restUntil = at + Rest;
        }

        _taken = at;
        var answered = vitals.Answers > _answers;
        _answers = vitals.Answers;
        _least = answered ? Durations.Shorter(_least, vitals.RoundTrip!.Value) : _least;
        var late = vitals.Unanswered >= Late || (answered && vitals.RoundTrip >= Late);
        if (_began is null && at >= _restUntil && (late || vitals.Stalled >= StallWorthALook))
        {
            (_began, _bytesBefore, _late, _quick) = (at, vitals.Bytes, 0, 0);
        }

        if (_began is not { } began)
        {
            return GoodputVerdict.Calm;
        }

        _late += late ? 1 : 0;
        _quick += answered && !late ? 1 : 0;
        var rate = at > began ? (vitals.Bytes - _bytesBefore) / (at - began).TotalSeconds : 0;
        if ((_quick >= QuickNeeded && _quick > _late) || at - began >= LongestWindow || (at - began >= Window && rate >= NextToNothing))
        {
            _began = null;
            _restUntil = at + Rest;
            return GoodputVerdict.Calm;
        }

        if (at - began < Window || _late < LateNeeded || _late < 2 * _quick || vitals.Silence >= HeardLately)
        {
            return GoodputVerdict.Looking;
        }

        Finding = string.Create(
            CultureInfo.InvariantCulture,
            $"{rate / 1024:0.0} KiB/s in {(at - began).TotalSeconds:0} s, and answers on the control channel later than {Late.TotalMilliseconds:0} ms, {_late} times of {_late + _quick}");
        _began = null;
        return GoodputVerdict.Collapsed;
    }

    private static TimeSpan Max(TimeSpan a, TimeSpan b) => a > b ? a : b;
}
