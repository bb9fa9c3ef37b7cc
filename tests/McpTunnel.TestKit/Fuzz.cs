using System.Globalization;
using NUnit.Framework;

namespace McpTunnel.TestKit;

/// <summary>
/// Fuzz-style tests that a build can trust: a fixed seed, so a failure repeats; a time box, so a slow machine only tries fewer inputs.
/// </summary>
public static class Fuzz
{
    /// <summary>Long enough for tens of thousands of small inputs, short enough to have many such tests.</summary>
    public static readonly TimeSpan DefaultBox = TimeSpan.FromMilliseconds(500);

    /// <summary>
    /// Calls <paramref name="attempt"/> with one random source for each run, at least <paramref name="minimumRuns"/> times and until the box is over.
    /// A failure names the run's seed; pass it to <see cref="Once"/> to step through it.
    /// </summary>
    public static void Run(int seed, Action<Random> attempt, TimeSpan? box = null, int minimumRuns = 200)
    {
        var started = TimeProvider.System.GetTimestamp();
        for (var run = 0; run < minimumRuns || TimeProvider.System.GetElapsedTime(started) < (box ?? DefaultBox); run++)
        {
            var runSeed = SeedOf(seed, run);
            try
            {
                attempt(new Random(runSeed));
            }
            catch (Exception exception) when (exception is not SuccessException)
            {
                throw new AssertionException(string.Create(CultureInfo.InvariantCulture, $"Run {run}, Fuzz.Once({runSeed}, …): {exception.Message}"), exception);
            }
        }
    }

    /// <summary>Repeats one failed run.</summary>
    public static void Once(int runSeed, Action<Random> attempt) => attempt(new Random(runSeed));

    /// <summary>
    /// A copy of <paramref name="valid"/> with one to four changes: bits flipped, bytes set to telling values, parts cut, doubled, or random bytes put in.
    /// </summary>
    public static byte[] Mutate(Random random, ReadOnlySpan<byte> valid)
    {
        var bytes = new List<byte>(valid.ToArray());
        for (var changes = random.Next(1, 5); changes > 0; changes--)
        {
            Change(random, bytes);
        }

        return [.. bytes];
    }

    /// <summary>Cuts <paramref name="bytes"/> into random pieces, none empty.</summary>
    public static IEnumerable<ReadOnlyMemory<byte>> Chunks(Random random, ReadOnlyMemory<byte> bytes)
    {
        var largest = random.Next(1, Math.Max(2, bytes.Length));
        while (!bytes.IsEmpty)
        {
            var length = random.Next(1, Math.Min(largest, bytes.Length) + 1);
            yield return bytes[..length];
            bytes = bytes[length..];
        }
    }

    private static void Change(Random random, List<byte> bytes)
    {
        ReadOnlySpan<byte> telling = [0, 1, 0x7F, 0x80, 0xFF, 0x0A, 0x0D, 0x22, 0x5C, 0x7B];
        var at = random.Next(bytes.Count + 1);
        var length = random.Next(1, 9);
        switch (random.Next(6))
        {
            case 0 when at < bytes.Count:
                bytes[at] ^= (byte)(1 << random.Next(8));
                break;
            case 1 when at < bytes.Count:
                bytes[at] = telling[random.Next(telling.Length)];
                break;
            case 2:
                bytes.RemoveRange(at, Math.Min(length, bytes.Count - at));
                break;
            case 3:
                bytes.InsertRange(at, bytes.Skip(at).Take(length).ToArray());
                break;
            case 4:
                var inserted = new byte[length];
                random.NextBytes(inserted);
                bytes.InsertRange(at, inserted);
                break;
            default:
                bytes.RemoveRange(at, bytes.Count - at);
                break;
        }
    }

    private static int SeedOf(int seed, int run) => unchecked((seed * 397) ^ (run * (int)0x9E3779B1));
}
