using System.Globalization;
using BenchmarkDotNet.Reports;

namespace Qcow2Fs.Micro;

/// <summary>The results as a table of docs/performance.md.</summary>
internal static class Table
{
    public static void Write(TextWriter output, IEnumerable<BenchmarkReport> reports)
    {
        output.WriteLine("| benchmark | mean | allocated |");
        output.WriteLine("|---|---|---|");
        foreach (var report in reports)
        {
            var name = report.BenchmarkCase.Descriptor.WorkloadMethodDisplayInfo.Trim('\'');
            var mean = report.ResultStatistics is { } statistics ? Time(statistics.Mean) : "failed";
            var allocated = report.GcStats.GetBytesAllocatedPerOperation(report.BenchmarkCase) is { } bytes ? Size(bytes) : "-";
            output.WriteLine($"| {name} | {mean} | {allocated} |");
        }
    }

    private static string Time(double nanoseconds) => nanoseconds switch
    {
        < 1e3 => Text(nanoseconds, "ns"),
        < 1e6 => Text(nanoseconds / 1e3, "us"),
        _ => Text(nanoseconds / 1e6, "ms"),
    };

    private static string Size(long bytes) => bytes switch
    {
        < 1 << 10 => $"{bytes} B",
        < 1 << 20 => Text(bytes / 1024.0, "KiB"),
        _ => Text(bytes / 1048576.0, "MiB"),
    };

    // One digit behind the point says more than a short run can.
    private static string Text(double value, string unit) => string.Create(CultureInfo.InvariantCulture, $"{value:0.0} {unit}");
}
