namespace McpTunnel.Client.Enrolment;

/// <summary>The files of a client's state directory.</summary>
public static class ClientPaths
{
    /// <summary>Name of the file that the process which runs with the directory locks.</summary>
    public const string LockFile = "client.lock";

    /// <summary>The link certificate's chain, PEM.</summary>
    public static string LinkCertificate(string stateDirectory) => Path.Combine(stateDirectory, "link.pem");

    /// <summary>Its key, PEM, 0600.</summary>
    public static string LinkKey(string stateDirectory) => Path.Combine(stateDirectory, "link.key");

    /// <summary>The tunnel token, 0600.</summary>
    public static string Token(string stateDirectory) => Path.Combine(stateDirectory, "token");

    /// <summary>The <see cref="EnrolmentRecord"/>.</summary>
    public static string Enrolment(string stateDirectory) => Path.Combine(stateDirectory, "enrolment.json");

    /// <summary>The server certificate's chain, PEM, where the configuration names no other.</summary>
    public static string ServerCertificate(string stateDirectory) => Path.Combine(stateDirectory, "server.pem");

    /// <summary>Its key, PEM, 0600.</summary>
    public static string ServerKey(string stateDirectory) => Path.Combine(stateDirectory, "server.key");
}
