using Qcow2Fs.TestKit;

namespace Qcow2Fs.Rescue.Tests;

/// <summary>What has taken the place of an image's first cluster.</summary>
internal static class Loss
{
    /// <summary>The kinds.</summary>
    public static readonly string[] Kinds = ["zeros", "noise", "another header"];

    /// <summary>Overwrites the first cluster.</summary>
    public static void Overwrite(string path, int clusterSize, int kind, Random random, byte[] otherHeader)
    {
        var bytes = new byte[clusterSize];
        switch (kind)
        {
            case 1:
                random.NextBytes(bytes);
                break;
            case 2:
                otherHeader.AsSpan(0, Math.Min(otherHeader.Length, clusterSize)).CopyTo(bytes);
                break;
        }

        using var file = File.OpenWrite(path);
        file.Write(bytes.AsSpan(0, (int)Math.Min(clusterSize, Math.Max(file.Length, 512))));
    }

    /// <summary>Headers of new images of other sizes and cluster sizes.</summary>
    public static IReadOnlyList<byte[]> OtherHeaders(TempDirectory directory) =>
    [
        .. new[] { ("cluster_size=65536", "40G"), ("cluster_size=65536,extended_l2=on", "10G"), ("cluster_size=4096", "1G"),
            ("cluster_size=2M", "100G"), ("compat=0.10", "7M"), ("cluster_size=512", "9M") }.Select((other, i) =>
        {
            var path = directory[$"other-{i}.qcow2"];
            QemuImg.Do("create", "-q", "-f", "qcow2", "-o", other.Item1, path, other.Item2);
            return File.ReadAllBytes(path)[..512];
        }),
    ];
}
