using BenchmarkDotNet.Running;
using Qcow2Fs.Micro;

// BenchmarkDotNet reports to the console: only the table goes to standard output.
var output = Console.Out;
Console.SetOut(Console.Error);
Type[] all = [typeof(DecodeBenchmarks), typeof(EditBenchmarks), typeof(CommitBenchmarks), typeof(ReadBenchmarks)];
var reports = BenchmarkSwitcher.FromTypes(all).Run(args).SelectMany(summary => summary.Reports).ToList();
Table.Write(output, reports);
return reports.Count > 0 && reports.All(report => report.Success) ? 0 : 1;
