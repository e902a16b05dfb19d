namespace Qcow2Fs.Cli.Pool;

/// <summary>Work on many items on all processors, with the results in the order of the items.</summary>
internal static class OrderedParallel
{
    // Bounds what is kept when one item takes long: so many results for each processor.
    private const int Window = 32;

    /// <summary>The results. The items are enumerated on the caller's thread while others work.</summary>
    public static IEnumerable<TResult> Select<TItem, TResult>(IEnumerable<TItem> items, Func<TItem, TResult> work)
    {
        var running = new Queue<Task<TResult>>();
        foreach (var item in items)
        {
            running.Enqueue(Task.Run(() => work(item)));
            if (running.Count >= Window * Environment.ProcessorCount)
            {
                yield return running.Dequeue().GetAwaiter().GetResult();
            }
        }

        while (running.TryDequeue(out var next))
        {
            yield return next.GetAwaiter().GetResult();
        }
    }
}
