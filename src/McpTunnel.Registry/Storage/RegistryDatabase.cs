using System.Security.Cryptography;
using McpTunnel.Protocol.Names;
using McpTunnel.Registry.Administration;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore.Infrastructure;

namespace McpTunnel.Registry.Storage;

/// <summary>What the stores share: contexts, the clock, and one writer at a time, since SQLite has only one.</summary>
internal sealed class RegistryDatabase(PooledDbContextFactory<RegistryContext> contexts, TimeProvider timeProvider) : IDisposable
{
    private readonly SemaphoreSlim _writing = new(1, 1);
    private volatile string? _writeProblem;

    /// <summary>Why the last change could not be saved; null when it was, or none was tried.</summary>
    public string? WriteProblem => _writeProblem;

    /// <summary>Now to the millisecond, as it is stored, so that what is returned is what will be read.</summary>
    public DateTimeOffset Now => DateTimeOffset.FromUnixTimeMilliseconds(timeProvider.GetUtcNow().ToUnixTimeMilliseconds());

    public static string NewId(string prefix)
    {
        Span<byte> random = stackalloc byte[TunnelId.RandomBytes];
        RandomNumberGenerator.Fill(random);
        return prefix + Base32.Encode(random);
    }

    public async Task<T> ReadAsync<T>(Func<RegistryContext, Task<T>> read, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await read(context);
    }

    /// <summary>Runs a change and saves it in one transaction.</summary>
    public async Task<T> WriteAsync<T>(Func<RegistryContext, Task<T>> change, CancellationToken cancellationToken)
    {
        await _writing.WaitAsync(cancellationToken);
        try
        {
            await using var context = await contexts.CreateDbContextAsync(cancellationToken);
            var result = await change(context);

            // Not to be given up half-way: the caller would not know whether it was done.
            await SaveAsync(context);
            return result;
        }
        finally
        {
            _writing.Release();
        }
    }

    private async Task SaveAsync(RegistryContext context)
    {
        try
        {
            await context.SaveChangesAsync(CancellationToken.None);
            _writeProblem = null;
        }
        catch (Exception exception) when (IsOfTheDatabase(exception))
        {
            _writeProblem = Problem((SqliteException)exception.GetBaseException());
            throw new RegistryException(
                RegistryFault.NotWritable, $"The registry cannot be written: {_writeProblem} Nothing was changed. Check space and permissions of the edge's state directory, and try again.", exception);
        }
    }

    /// <summary>Not what the change itself runs into, such as a label that is taken.</summary>
    private static bool IsOfTheDatabase(Exception exception) =>
        exception.GetBaseException() is SqliteException { SqliteErrorCode: not SQLitePCL.raw.SQLITE_CONSTRAINT };

    private static string Problem(SqliteException exception) => exception.SqliteErrorCode switch
    {
        SQLitePCL.raw.SQLITE_FULL => "the disk is full.",
        SQLitePCL.raw.SQLITE_READONLY or SQLitePCL.raw.SQLITE_PERM => "it may only be read.",
        SQLitePCL.raw.SQLITE_IOERR => "the disk fails, or is full.",
        SQLitePCL.raw.SQLITE_BUSY or SQLitePCL.raw.SQLITE_LOCKED => "another program has locked it.",
        _ => exception.Message,
    };

    /// <summary>Adds an entry to the admin audit log, to be saved with the change it tells of.</summary>
    public void Audit(RegistryContext context, AdminActor actor, string action, string target, string? tunnelId, string detail) =>
        context.AdminAudit.Add(new AdminAuditEntity
        {
            At = Now,
            ActorId = actor.Id,
            ActorName = actor.Name,
            Address = actor.Address,
            Action = action,
            Target = target,
            TunnelId = tunnelId,
            Detail = detail,
        });

    public void Dispose() => _writing.Dispose();
}
