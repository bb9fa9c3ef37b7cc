using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Spectre.Console;

namespace McpTunnel.Cli.Shell;

/// <summary>
/// The only place that prints. With <c>--json</c> a result is one JSON document on one line of standard output, and a failure one on
/// standard error; without it both are for a person.
/// </summary>
internal sealed class Output
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        // A terminal is not a web page: URLs and names stay readable.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
    };

    private readonly Terminal _terminal;
    private readonly Lazy<IAnsiConsole> _out;
    private readonly Lazy<IAnsiConsole> _error;

    public Output(Terminal terminal, bool isJson)
    {
        _terminal = terminal;
        IsJson = isJson;
        _out = new(() => Terminal.Ansi(terminal.Output, terminal.Output == Console.Out && !Console.IsOutputRedirected));
        _error = new(() => Terminal.Ansi(terminal.Error, terminal.Error == Console.Error && !Console.IsErrorRedirected));
    }

    public bool IsJson { get; }

    /// <summary>Prints a result.</summary>
    public void Result<T>(T value, Action<IAnsiConsole, T> forPeople)
    {
        if (IsJson)
        {
            _terminal.Output.Write(JsonSerializer.Serialize(value, Json) + "\n");
        }
        else
        {
            forPeople(_out.Value, value);
        }

        _terminal.Output.Flush();
    }

    /// <summary>Prints something that only a person wants, as a step of what is going on; silent with <c>--json</c>.</summary>
    public void Progress(string text)
    {
        if (!IsJson)
        {
            _error.Value.WriteLine(text);
        }
    }

    /// <summary>Prints why it did not work.</summary>
    public void Failed(Failure failure)
    {
        if (IsJson)
        {
            _terminal.Error.Write(JsonSerializer.Serialize(new { error = ErrorDocument.Of(failure) }, Json) + "\n");
        }
        else
        {
            _error.Value.Write(new Text("error: ", new Style(Color.Red, decoration: Decoration.Bold)));
            _error.Value.WriteLine(PlainText.Of(failure.What));
            foreach (var line in failure.Details)
            {
                _error.Value.WriteLine("  " + PlainText.Of(line));
            }

            Line("where", failure.Where);
            Line("remedy", failure.Remedy);
            Line("code", failure.Code is null ? null : $"{failure.Code} (docs/troubleshooting.md#{failure.Code})");
        }

        _terminal.Error.Flush();
    }

    /// <summary>A table without lines that a pipe could not use.</summary>
    public static Table Table(params string[] columns)
    {
        var table = new Table().Border(TableBorder.Simple);
        foreach (var column in columns)
        {
            table.AddColumn(new TableColumn(new Text(column, new Style(decoration: Decoration.Bold))).NoWrap());
        }

        return table;
    }

    /// <summary>The same for many columns, so that they fit a usual terminal.</summary>
    public static Table DenseTable(params string[] columns)
    {
        var table = Table(columns);
        foreach (var column in table.Columns)
        {
            column.PadLeft(0);
        }

        table.Columns[^1].PadRight(0);
        return table;
    }

    /// <summary>Names and values, one pair a line.</summary>
    public static void Pairs(IAnsiConsole console, params (string Name, string? Value)[] pairs)
    {
        var width = pairs.Max(pair => pair.Name.Length);
        foreach (var (name, value) in pairs)
        {
            if (value is not null)
            {
                console.WriteLine($"{name.PadRight(width)}  {value}");
            }
        }
    }

    private void Line(string name, string? value)
    {
        if (value is not null)
        {
            _error.Value.WriteLine($"  {name}: {PlainText.Of(value)}");
        }
    }
}
