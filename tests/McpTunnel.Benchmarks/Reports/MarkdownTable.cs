namespace McpTunnel.Benchmarks.Reports;

/// <summary>A table that reads well in a terminal and can be pasted into a document. The first column is text, the others are numbers.</summary>
internal sealed class MarkdownTable(params string[] headings)
{
    private readonly List<string[]> _rows = [];

    /// <summary>How many columns from the left hold text.</summary>
    public int TextColumns { get; init; } = 1;

    public void Add(params string[] cells) => _rows.Add(cells);

    public void WriteTo(TextWriter writer)
    {
        var widths = headings.Select((heading, i) => Math.Max(3, _rows.Select(row => row[i].Length).Append(heading.Length).Max())).ToArray();
        WriteRow(writer, headings, widths);
        writer.Write('|');
        for (var i = 0; i < widths.Length; i++)
        {
            writer.Write(i < TextColumns ? new string('-', widths[i] + 2) : new string('-', widths[i] + 1) + ":");
            writer.Write('|');
        }

        writer.WriteLine();
        _rows.ForEach(row => WriteRow(writer, row, widths));
    }

    private void WriteRow(TextWriter writer, string[] cells, int[] widths)
    {
        writer.Write('|');
        for (var i = 0; i < widths.Length; i++)
        {
            writer.Write(' ');
            writer.Write(i < TextColumns ? cells[i].PadRight(widths[i]) : cells[i].PadLeft(widths[i]));
            writer.Write(" |");
        }

        writer.WriteLine();
    }
}
