using System.Collections;

namespace Qcow2Fs.Tree.Nodes;

/// <summary>Nodes that are made when they are asked for: a table has up to 65,536 entries, a list of extensions 262,000.</summary>
internal sealed class NodeList(int count, Func<int, Node> node) : IReadOnlyList<Node>
{
    public int Count => count;

    public Node this[int index] => node(index);

    public IEnumerator<Node> GetEnumerator() => Enumerable.Range(0, count).Select(node).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
