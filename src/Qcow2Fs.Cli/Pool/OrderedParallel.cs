namespace Qcow2Fs.Cli.Pool;

/// <summary>
/// Work on many items at once, with the results in the order of the items. The items are enumerated on the caller's thread, the work runs
/// on any.
/// </summary>
internal static class OrderedParallel
{
    // Bounds what is kept when one item takes long: so many results for each processor.
    private const int Window = 64;

    // A task takes longer to start than a small image to check, so that each gets several, but for the first ones: a few large images are
    // to run side by side.
    private const int LargestBatch = 16;

    // A commit waits for the disk and not for a processor; flushes that wait together are written together.
    private const int WaitingThreads = 16;

    /// <summary>The results of work that takes the processor, on all processors.</summary>
    public static IEnumerable<TResult> Select<TItem, TResult>(IEnumerable<TItem> items, Func<TItem, TResult> work) =>
        Select(items, work, Window * Environment.ProcessorCount, LargestBatch);

    /// <summary>The results of work that waits for the disk.</summary>
    /// <param name="items">The items.</param>
    /// <param name="work">The work.</param>
    /// <param name="window">How many items and results are kept at once.</param>
    public static IEnumerable<TResult> SelectWaiting<TItem, TResult>(
        IEnumerable<TItem> items, Func<TItem, TResult> work, int window = 2 * WaitingThreads)
    {
        ThreadPool.GetMinThreads(out var threads, out var ports);
        ThreadPool.SetMinThreads(Math.Max(threads, WaitingThreads), ports);
        return Select(items, work, window, largestBatch: 1);
    }

    private static IEnumerable<TResult> Select<TItem, TResult>(
        IEnumerable<TItem> items, Func<TItem, TResult> work, int window, int largestBatch)
    {
        var running = new Queue<Task<TResult[]>>();
        var batch = new List<TItem>();
        var (count, kept) = (0, 0);
        foreach (var item in items)
        {
            batch.Add(item);
            kept++;
            if (batch.Count < Math.Min(largestBatch, ++count / Window))
            {
                continue;
            }

            Start();
            while (kept >= window)
            {
                foreach (var result in Next())
                {
                    yield return result;
                }
            }
        }

        Start();
        while (running.Count > 0)
        {
            foreach (var result in Next())
            {
                yield return result;
            }
        }

        void Start()
        {
            TItem[] part = [.. batch];
            if (part.Length > 0)
            {
                batch.Clear();
                running.Enqueue(Task.Run(() => Array.ConvertAll(part, item => work(item))));
            }
        }

        TResult[] Next()
        {
            var results = running.Dequeue().GetAwaiter().GetResult();
            kept -= results.Length;
            return results;
        }
    }
}
