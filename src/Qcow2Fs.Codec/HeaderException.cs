namespace Qcow2Fs.Codec;

/// <summary>Why an edit of a header fails.</summary>
public enum HeaderError
{
    /// <summary>The value is not one that the field, name or extension can have.</summary>
    Invalid,

    /// <summary>The number does not fit the field's width.</summary>
    OutOfRange,

    /// <summary>The name is longer than the specification allows.</summary>
    NameTooLong,

    /// <summary>The result does not fit the first cluster.</summary>
    NoRoom,

    /// <summary>The extension list cannot be decoded to its end, so nothing in it can be moved.</summary>
    Malformed,
}

/// <summary>An edit fails. The header that it was applied to is unchanged.</summary>
public sealed class HeaderException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="error">The kind, for callers that map it to an errno.</param>
    /// <param name="message">One sentence for a person, without a trailing period.</param>
    public HeaderException(HeaderError error, string message)
        : base(message) => Error = error;

    /// <summary>The kind of error.</summary>
    public HeaderError Error { get; }
}
