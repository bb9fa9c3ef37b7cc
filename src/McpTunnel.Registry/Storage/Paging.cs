using System.Globalization;
using Microsoft.EntityFrameworkCore;

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

    /// <summary>Reads a page of a numbered list, newest first.</summary>
    /// <exception cref="RegistryException">Not a position that this registry gave out.</exception>
    public static async Task<Page<TRecord>> NewestFirstAsync<TEntity, TRecord>(
        IQueryable<TEntity> list, PageRequest page, Func<TEntity, TRecord> toRecord, CancellationToken cancellationToken)
        where TEntity : class, INumbered
    {
        var below = Below(page);
        var found = await list.AsNoTracking()
            .Where(entity => entity.Number < below)
            .OrderByDescending(entity => entity.Number)
            .Take(page.Size + 1)
            .ToListAsync(cancellationToken);
        return Cut(found, page.Size, entity => entity.Number.ToString(CultureInfo.InvariantCulture), toRecord);
    }

    private static long Below(PageRequest page)
    {
        page.Check();
        return page.After is not { } after
            ? long.MaxValue
            : long.TryParse(after, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                ? number
                : throw new RegistryException(RegistryFault.OutOfRange, "The position of the page is not one that a page before gave out.");
    }
}
