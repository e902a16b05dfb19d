using System.Text.Json;
using Mono.Unix.Native;

namespace Qcow2Fs.Tree.Handles;

/// <summary>The start of a JSON text, read on as pieces arrive, so that each byte is looked at once.</summary>
internal sealed class JsonPrefix
{
    private JsonReaderState _state;
    private int _consumed;
    private bool _isComplete;

    /// <summary>Bytes from there on are other ones now.</summary>
    public void ForgetFrom(int offset)
    {
        if (offset < _consumed)
        {
            (_state, _consumed, _isComplete) = (default, 0, false);
        }
    }

    /// <summary>Whether the text is a whole value.</summary>
    /// <exception cref="TreeException">It is not JSON, and nothing that follows can make it so.</exception>
    public bool IsComplete(ImageView view, ReadOnlySpan<byte> text)
    {
        var reader = new Utf8JsonReader(text[_consumed..], isFinalBlock: false, _state);
        try
        {
            while (reader.Read())
            {
                _isComplete = reader.CurrentDepth == 0 && reader.TokenType is not (JsonTokenType.StartObject or JsonTokenType.StartArray);
            }
        }
        catch (JsonException e)
        {
            throw view.Refuse(Errno.EINVAL, Qcow2Fs.Codec.Json.HeaderDocument.Describe(e));
        }

        _state = reader.CurrentState;
        _consumed += (int)reader.BytesConsumed;
        return _isComplete;
    }
}
