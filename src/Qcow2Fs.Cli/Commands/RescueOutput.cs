using System.Text.Json;
using Qcow2Fs.Cli.Pool;
using Qcow2Fs.Codec.Json;
using Qcow2Fs.Rescue;

namespace Qcow2Fs.Cli.Commands;

/// <summary>What rescue has found, as text and as JSON.</summary>
internal static class RescueOutput
{
    private const int Column = 40;

    /// <summary>A line if there is nothing to do; else the candidates: header fields that are not 0, evidence, warnings.</summary>
    public static string Text(RescuedImage image)
    {
        var text = new StringBuilder();
        var name = PrintableText.Of(PathText.Decode(image.Name));
        var candidates = image.Result.Candidates;
        text.AppendLine(image.Result.Own is { } own ? $"{name}: {Own(own)}"
            : $"{name}: {candidates.Length} {(candidates.Length == 1 ? "candidate" : "candidates")}"
                + (image.Result.HasBest || candidates.IsEmpty ? ""
                    : candidates[0].ExplainsMost ? ", none better than the others" : ", none explains more than it leaves open"));
        for (var i = 0; i < candidates.Length; i++)
        {
            AddCandidate(text, i + 1, candidates[i]);
        }

        if (image.Written is { } number)
        {
            text.AppendLine(CultureInfo.InvariantCulture,
                $"{name}: candidate {number} is written; what stood in the first cluster is in {PrintableText.Of(image.Kept!)}");
        }

        return text.ToString();
    }

    private static string Own(Faults own) => !own.HasAny ? "the header fits the file, nothing to do"
        : string.Create(CultureInfo.InvariantCulture,
            $"the header fits the file but for {own.Leaks} leaks and {own.Corruptions} corruptions, and is left alone; ")
            + "qemu-img check -r all repairs the tables";

    /// <summary>One object and one line.</summary>
    public static string Json(RescuedImage image) => JsonLine.Of(json =>
    {
        JsonLine.WriteBytes(json, "image", image.Name);
        json.WriteBoolean("healthy", image.Result.IsHealthy);
        if (image.Result.Own is { } own)
        {
            json.WriteNumber("leaks", own.Leaks);
            json.WriteNumber("corruptions", own.Corruptions);
        }

        json.WriteStartArray("candidates");
        foreach (var candidate in image.Result.Candidates)
        {
            json.WriteStartObject();
            json.WritePropertyName("header");
            using (var header = JsonDocument.Parse(HeaderDocument.Write(candidate.Header)))
            {
                header.WriteTo(json);
            }

            json.WriteStartArray("evidence");
            foreach (var evidence in candidate.Evidence)
            {
                json.WriteStartObject();
                json.WriteString("what", evidence.What);
                json.WriteString("value", evidence.Value);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteStartArray("warnings");
            foreach (var warning in candidate.Warnings)
            {
                json.WriteStringValue(warning);
            }

            json.WriteEndArray();
            json.WriteNumber("leaks", candidate.Leaks);
            json.WriteNumber("corruptions", candidate.Corruptions);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteString("kept", image.Kept);
    });

    private static void AddCandidate(StringBuilder text, int number, RescueCandidate candidate)
    {
        text.AppendLine(CultureInfo.InvariantCulture,
            $"candidate {number}: {candidate.Leaks} leaks, {candidate.Corruptions} corruptions");
        foreach (var field in HeaderFields.All.Where(field => candidate.Header[field] != 0))
        {
            var value = NumberText.Format(candidate.Header[field], field.Style);
            text.AppendLine($"  {TreePath.Of(new Subject.HeaderField(field)),-Column}{value}");
        }

        foreach (var evidence in candidate.Evidence)
        {
            text.AppendLine($"  {evidence.What,-Column}{evidence.Value}");
        }

        foreach (var warning in candidate.Warnings)
        {
            text.AppendLine($"  warning: {warning}");
        }
    }
}
