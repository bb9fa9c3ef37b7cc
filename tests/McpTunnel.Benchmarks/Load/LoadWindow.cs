namespace McpTunnel.Benchmarks.Load;

/// <summary>Tells every connection whether the window is open; read on each call, so a plain volatile flag.</summary>
internal sealed class LoadWindow
{
    private volatile bool _open;

    public bool IsOpen
    {
        get => _open;
        set => _open = value;
    }
}
