namespace McpTunnel.Registry;

/// <summary>Which part of a list is wanted.</summary>
/// <param name="Size">Items, from 1 to <see cref="MaxSize"/>.</param>
/// <param name="After">The <see cref="Page{T}.Next"/> of the page before; null for the first page.</param>
public readonly record struct PageRequest(int Size, string? After)
{
    /// <summary>An answer of this many items stays far below a megabyte.</summary>
    public const int MaxSize = 200;

    /// <summary>What is sent to somebody who did not say.</summary>
    public const int DefaultSize = 50;

    public static PageRequest First { get; } = new(DefaultSize, null);

    /// <exception cref="RegistryException">The size is out of range.</exception>
    internal void Check()
    {
        if (Size is < 1 or > MaxSize)
        {
            throw new RegistryException(RegistryFault.OutOfRange, $"A page has 1 to {MaxSize} items; {Size} were asked for.");
        }
    }
}
