using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace McpTunnel.TestKit.Processes;

/// <summary>
/// A program under a system call filter (seccomp(2)), as containers have one: event descriptors (eventfd(2)) are refused, of which the runtime uses none and the native QUIC library some. Needs no
/// privilege.
/// </summary>
[SupportedOSPlatform("linux")]
public static unsafe class ConfinedProgram
{
    /// <summary>The argument of this assembly in front of the program's name and its arguments.</summary>
    public const string Verb = "confined";

    private const int SetNoNewPrivileges = 38;
    private const int SetFilter = 22;
    private const nuint ByProgram = 2;

    // Instructions and answers of linux/filter.h and linux/seccomp.h.
    private const ushort LoadWord = 0x20;
    private const ushort JumpIfEqual = 0x15;
    private const ushort Return = 0x06;
    private const uint Allow = 0x7fff0000;
    private const uint NotPermitted = 0x00050001;

    private static uint EventDescriptor => RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 19u : 290u;

    /// <summary>Becomes the program; returns only when that fails.</summary>
    public static int Become(string[] command)
    {
        var filter = stackalloc Instruction[]
        {
            new() { Code = LoadWord },
            new() { Code = JumpIfEqual, IfNot = 1, Value = EventDescriptor },
            new() { Code = Return, Value = NotPermitted },
            new() { Code = Return, Value = Allow },
        };
        var program = new FilterProgram { Length = 4, Filter = filter };
        if (Control(SetNoNewPrivileges, 1, null) == 0 && Control(SetFilter, ByProgram, &program) == 0)
        {
            _ = Execute(command[0], [.. command, null]);
        }

        Console.Error.WriteLine(new Win32Exception().Message);
        return 1;
    }

    [DllImport("libc", EntryPoint = "prctl", SetLastError = true)]
    private static extern int Control(int option, nuint argument, FilterProgram* program, nuint unused = 0, nuint alsoUnused = 0);

    [DllImport("libc", EntryPoint = "execv", SetLastError = true, CharSet = CharSet.Ansi)]
    private static extern int Execute(string program, string?[] arguments);

    [StructLayout(LayoutKind.Sequential)]
    private struct Instruction
    {
        public ushort Code;
        public byte IfSo;
        public byte IfNot;
        public uint Value;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct FilterProgram
    {
        public ushort Length;
        public Instruction* Filter;
    }
}
