using System.Text.Encodings.Web;
using System.Text.Json;
using Qcow2Fs.Codec.Edits;

namespace Qcow2Fs.Cli.Pool;

/// <summary>
/// Puts one folder, or one name, in place of another in the names of backing files and data files. It matches whole components of a path:
/// /old/pool is in /old/pool/a and not in /old/pool2.
/// </summary>
internal sealed class NameChange
{
    private const string FilePrefix = "file:";

    private readonly string _old;
    private readonly string _new;

    /// <exception cref="CommandFailure">One of them is empty.</exception>
    public NameChange(string old, string @new)
    {
        // "/" is a folder, too: what is left of it stands before each absolute path.
        _old = Arguments.RequireNotEmpty(old, "OLD").TrimEnd('/');
        _new = Arguments.RequireNotEmpty(@new, "NEW").TrimEnd('/');
    }

    /// <summary>The header with the new names; the header itself if neither has the old part. Pure.</summary>
    /// <exception cref="HeaderException">A new name does not fit, or a name cannot be changed.</exception>
    public Header Apply(Header header) => Changes(header).Aggregate(header, (changed, change) => change.Apply(changed));

    /// <summary>What changes in a header, a name at a time.</summary>
    /// <exception cref="HeaderException">A name cannot be changed.</exception>
    public IEnumerable<(string Subject, string Old, string New, Func<Header, Header> Apply)> Changes(Header header)
    {
        if (header.HasBackingFile)
        {
            if (header[HeaderFields.BackingFileSize] != (ulong)header.BackingFileName.Length)
            {
                throw new HeaderException(HeaderError.Malformed, "backing_file: the name does not lie in the first cluster");
            }

            if (Change("backing_file", header.BackingFileName, mayBeJson: true) is { } backing)
            {
                yield return ("backing_file", backing.Old, backing.New, h => h.WithBackingFile(backing.Bytes));
            }
        }

        if (header.TryGetExtension(ExtensionMagic.DataFile, out var data) && Change("data_file", data, mayBeJson: false) is { } file)
        {
            yield return ("data_file", file.Old, file.New, h => h.WithExtension(ExtensionMagic.DataFile, file.Bytes));
        }
    }

    private (string Old, string New, byte[] Bytes)? Change(string subject, ReadOnlySpan<byte> name, bool mayBeJson)
    {
        var old = PathText.Decode(name);
        var changed = !mayBeJson ? Replace(old)
            : old.StartsWith(BackingName.JsonPrefix, StringComparison.Ordinal) ? ReplaceInJson(subject, name)
            : old.StartsWith(FilePrefix, StringComparison.Ordinal) && Replace(old[FilePrefix.Length..]) is { } path ? FilePrefix + path
            : Replace(old);
        return changed is null || changed == old ? null : (old, changed, PathText.Encode(changed));
    }

    // Null if the old part is not at the start of the name.
    private string? Replace(string name) =>
        name.Length == 0 || !name.StartsWith(_old, StringComparison.Ordinal) ? null
        : name.Length == _old.Length ? (_new.Length > 0 ? _new : "/")
        : name[_old.Length] == '/' ? _new + name[_old.Length..] : null;

    private bool Occurs(string text)
    {
        for (var at = text.IndexOf(_old, StringComparison.Ordinal); at >= 0; at = text.IndexOf(_old, at + 1, StringComparison.Ordinal))
        {
            var end = at + _old.Length;
            if ((at == 0 || _old is "" or ['/', ..] || text[at - 1] is '/' or ':')
                && (end == text.Length ? _old.Length > 0 : text[end] == '/'))
            {
                return true;
            }

            if (end == text.Length)
            {
                break;
            }
        }

        return false;
    }

    // Only the text of the file's name is replaced; the rest of the document keeps its bytes.
    private string? ReplaceInJson(string subject, ReadOnlySpan<byte> name)
    {
        var json = name[BackingName.JsonPrefix.Length..];
        (int Start, int End, string Text)? found = null;
        try
        {
            var reader = new Utf8JsonReader(json);
            var path = new Stack<string>();
            var key = "";
            while (reader.Read())
            {
                switch (reader.TokenType)
                {
                    case JsonTokenType.StartObject or JsonTokenType.StartArray:
                        path.Push(reader.TokenType == JsonTokenType.StartArray ? key + "[]" : key);
                        key = "";
                        break;
                    case JsonTokenType.EndObject or JsonTokenType.EndArray:
                        path.Pop();
                        break;
                    case JsonTokenType.PropertyName:
                        key = reader.GetString()!;
                        break;
                    case JsonTokenType.String when reader.GetString() is { } text:
                        var whole = string.Join('.', path.Reverse().Append(key).Where(part => part.Length > 0));
                        if (whole is "file.filename" or "filename" && found is null && Replace(text) is { } changed)
                        {
                            found = ((int)reader.TokenStartIndex, (int)reader.BytesConsumed, changed);
                        }
                        else if (key != "driver" && !key.EndsWith(".driver", StringComparison.Ordinal) && Occurs(text))
                        {
                            throw Unclear(subject);
                        }

                        break;
                    default:
                        break;
                }
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // QEMU reads more than JSON, single quotes for one.
            return Occurs(PathText.Decode(json)) ? throw Unclear(subject) : null;
        }

        if (found is not { } value)
        {
            return null;
        }

        if (!PathText.IsUtf8(value.Text))
        {
            throw new HeaderException(HeaderError.Invalid, $"{subject}: JSON cannot hold a name that is not UTF-8");
        }

        var text16 = JsonEncodedText.Encode(value.Text, JavaScriptEncoder.UnsafeRelaxedJsonEscaping);
        return PathText.Decode([.. name[..(BackingName.JsonPrefix.Length + value.Start)], (byte)'"', .. text16.EncodedUtf8Bytes, (byte)'"',
            .. json[value.End..]]);
    }

    private HeaderException Unclear(string subject) => new(HeaderError.Invalid,
        $"{subject}: '{PrintableText.Of(_old)}' is in a part of the json: name that is not file.filename; write the name yourself");
}
