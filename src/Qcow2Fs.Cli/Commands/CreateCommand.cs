using System.Numerics;

namespace Qcow2Fs.Cli.Commands;

/// <summary>Creates a small valid image, for systems without qemu-img.</summary>
internal static class CreateCommand
{
    private const ulong DefaultClusterSize = 65536;

    public static void Define(Command command)
    {
        var options = command.AddOption<string[]>("-o", "OPTS", "cluster_size=N (512 to 2M), compat=0.10 or 1.1 (v2 or v3)");
        var backing = command.AddOption<string?>("-b", "FILE", "The backing file's name.");
        var format = command.AddOption<string?>("-F", "FMT", "The backing file's format.");
        var image = command.AddImage("The file to create; it must not exist.");
        var size = command.AddArgument("SIZE", "Virtual size in bytes; K, M, G, T, P and E are powers of 1024.");
        command.SetAction(parsed =>
        {
            var (file, type) = (parsed.GetValue(backing) ?? "", parsed.GetValue(format) ?? "");
            if ((file.Length == 0) != (type.Length == 0))
            {
                throw new CommandFailure($"-b and -F go together; try {CommandLine.Program} create --help", ExitCode.WrongUse);
            }

            var (version, clusterBits) = Parse(parsed.GetValue(options) ?? []);
            var planned = new NewImage(
                version, clusterBits,
                Arguments.ParseSize("SIZE", parsed.GetRequiredValue(size)),
                Encoding.UTF8.GetBytes(file),
                Encoding.UTF8.GetBytes(type));
            Create(Arguments.RequireNotEmpty(parsed.GetRequiredValue(image), "IMAGE"), planned);
            return ExitCode.Done;
        });
    }

    private static void Create(string path, NewImage image)
    {
        try
        {
            NewImageFile.Create(path, image);
        }
        catch (ImageException e)
        {
            throw new CommandFailure(e.Errno == Mono.Unix.Native.Errno.EEXIST ? $"{path} already exists" : $"{path}: {e.Message}");
        }
    }

    private static (int Version, int ClusterBits) Parse(string[] options)
    {
        var version = 3;
        var clusterSize = DefaultClusterSize;
        foreach (var option in options.SelectMany(o => o.Split(',')))
        {
            switch (option.Split('=', 2))
            {
                case ["compat", "0.10" or "v2"]:
                    version = 2;
                    break;
                case ["compat", "1.1" or "v3"]:
                    version = 3;
                    break;
                case ["cluster_size", var text]:
                    clusterSize = Arguments.ParseSize("cluster_size", text);
                    break;
                default:
                    throw new CommandFailure(
                        $"create has no option '{option}'; there are cluster_size=N and compat=0.10 or 1.1 (v2 or v3)", ExitCode.WrongUse);
            }
        }

        return BitOperations.IsPow2(clusterSize) && clusterSize is >= Header.MinClusterSize and <= Header.MaxClusterSize
            ? (version, BitOperations.Log2(clusterSize))
            : throw new CommandFailure(string.Create(CultureInfo.InvariantCulture,
                $"cluster_size is {clusterSize}, not a power of two from {Header.MinClusterSize} to {Header.MaxClusterSize}"),
                ExitCode.WrongUse);
    }
}
