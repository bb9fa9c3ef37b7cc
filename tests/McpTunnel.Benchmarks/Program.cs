using McpTunnel.Benchmarks;

return await BenchmarkCommands.Build().Parse(args).InvokeAsync();
