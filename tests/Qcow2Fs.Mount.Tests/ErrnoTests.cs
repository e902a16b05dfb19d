namespace Qcow2Fs.Mount.Tests;

/// <summary>The tables of docs/errno.md are what operations.py finds: every operation to every kind of node.</summary>
public sealed class ErrnoTests(ErrnoTests.Measured measured) : IClassFixture<ErrnoTests.Measured>
{
    private static readonly string[] s_modes = ["rw", "ro"];

    /// <summary>The page has the table of the writable mount first, then that of the read-only one.</summary>
    private static readonly string[][] s_tables = [.. TablesOf(File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "docs/errno.md")))];

    public static IEnumerable<object[]> Rows => s_tables.SelectMany((table, i) => table.Select(row => new object[] { s_modes[i], row }));

    [Theory]
    [MemberData(nameof(Rows))]
    public void An_operation_answers_what_the_page_says(string mode, string row) =>
        Assert.Equal(row, measured.Tables[mode].FirstOrDefault(line => NameOf(line) == NameOf(row)));

    [Fact]
    public void The_page_has_every_operation() => Assert.All(s_modes.Zip(s_tables), pair =>
    {
        Assert.InRange(pair.Second.Length, 40, 60);
        Assert.Equal(measured.Tables[pair.First].Select(NameOf), pair.Second.Select(NameOf));
    });

    private static string NameOf(string row) => row.Split('|')[1];

    private static IEnumerable<string[]> TablesOf(IEnumerable<string> page)
    {
        var table = new List<string>();
        foreach (var line in page.Append(""))
        {
            if (line.StartsWith('|'))
            {
                table.Add(line);
            }
            else if (table.Count > 0)
            {
                yield return [.. table];
                table.Clear();
            }
        }
    }

    /// <summary>Both mounts, each measured once.</summary>
    public sealed class Measured
    {
        public Measured()
        {
            Tables = s_modes.ToDictionary(mode => mode, Measure);
        }

        public Dictionary<string, string[]> Tables { get; }

        private static string[] Measure(string mode)
        {
            Machine.Require("python3");
            using var mount = MountedImage.Made("""
                qemu-img create -q -f qcow2 base.qcow2 4M
                qemu-img create -q -f qcow2 -o lazy_refcounts=on -b base.qcow2 -F qcow2 $I 4M
                printf hello | $Q write $I extensions/0xcafe -
                """, mode);
            var before = mount.Bytes;
            var table = mount.Do("python3 \"$1\" $M $I", Path.Combine(AppContext.BaseDirectory, "operations.py"));
            mount.Image_is(before);
            mount.Qemu_agrees();
            return table.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        }
    }
}
