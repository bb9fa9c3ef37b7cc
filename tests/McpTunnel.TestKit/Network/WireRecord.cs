using System.Text;

namespace McpTunnel.TestKit.Network;

/// <summary>Bytes seen on a wire, in the order of arrival. Thread-safe.</summary>
public sealed class WireRecord
{
    private readonly MemoryStream _bytes = new();

    public int Length
    {
        get
        {
            lock (_bytes)
            {
                return (int)_bytes.Length;
            }
        }
    }

    /// <summary>Whether the text occurs in what was recorded, as UTF-8.</summary>
    public bool Contains(string text)
    {
        lock (_bytes)
        {
            return _bytes.GetBuffer().AsSpan(0, (int)_bytes.Length).IndexOf(Encoding.UTF8.GetBytes(text)) >= 0;
        }
    }

    internal void Add(ReadOnlySpan<byte> bytes)
    {
        lock (_bytes)
        {
            _bytes.Write(bytes);
        }
    }
}
