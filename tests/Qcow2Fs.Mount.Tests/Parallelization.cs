// Each test has its own mount and waits for children most of the time.
[assembly: CollectionBehavior(MaxParallelThreads = 4)]
