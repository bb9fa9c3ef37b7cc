using System.Globalization;

namespace McpTunnel.Registry.Storage;

internal static class Paging
{
    /// <summary>Makes a page of a query that asked for one item more than the page has.</summary>
    public static Page<TRecord> Cut<TEntity, TRecord>(
        List<TEntity> found, int size, Func<TEntity, string> position, Func<TEntity, TRecord> toRecord)
    {
        var more = found.Count > size;
        var items = more ? found.GetRange(0, size) : found;
        return new Page<TRecord>([.. items.Select(toRecord)], more ? position(items[^1]) : null);
    }

    /// <summary>The number that a page of a numbered list, newest first, begins below.</summary>
    /// <exception cref="RegistryException">Not a position that this registry gave out.</exception>
    public static long Below(PageRequest page)
    {
        page.Check();
        return page.After is not { } after
            ? long.MaxValue
            : long.TryParse(after, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                ? number
                : throw new RegistryException(RegistryFault.OutOfRange, "The position of the page is not one that a page before gave out.");
    }

    public static string Position(long number) => number.ToString(CultureInfo.InvariantCulture);
}
