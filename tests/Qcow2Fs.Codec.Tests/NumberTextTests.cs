using FsCheck.Xunit;

namespace Qcow2Fs.Codec.Tests;

public class NumberTextTests
{
    [Theory]
    [InlineData("0", 0ul)]
    [InlineData("00", 0ul)]
    [InlineData("007", 7ul)]
    [InlineData("10", 10ul)]
    [InlineData("18446744073709551615", ulong.MaxValue)]
    [InlineData("0000000000000000000000000000000000000000000018446744073709551615", ulong.MaxValue)]
    [InlineData("0x0", 0ul)]
    [InlineData("0x514649fb", 0x514649fbul)]
    [InlineData("0XffFF", 0xfffful)]
    [InlineData("0xffffffffffffffff", ulong.MaxValue)]
    [InlineData("0x0000000000000000000001", 1ul)]
    [InlineData("0x1E", 0x1eul)]
    [InlineData("0o17", 15ul)]
    [InlineData("0O7", 7ul)]
    [InlineData("0o1777777777777777777777", ulong.MaxValue)]
    [InlineData("0b101", 5ul)]
    [InlineData("0B1", 1ul)]
    [InlineData("0b1111111111111111111111111111111111111111111111111111111111111111", ulong.MaxValue)]
    public void A_number_is_read(string text, ulong value)
    {
        Assert.Equal(value, NumberText.Parse(text));
        Assert.Equal(value, NumberText.Parse(text, allowSuffix: true));
    }

    [Theory]
    [InlineData("1K", 1ul << 10)]
    [InlineData("1k", 1ul << 10)]
    [InlineData("3M", 3ul << 20)]
    [InlineData("10G", 10ul << 30)]
    [InlineData("2t", 2ul << 40)]
    [InlineData("5P", 5ul << 50)]
    [InlineData("15E", 15ul << 60)]
    [InlineData("0E", 0ul)]
    [InlineData("016K", 16ul << 10)]
    [InlineData("18014398509481983K", 18014398509481983ul << 10)]
    public void A_size_may_have_a_suffix_and_no_other_number_may(string text, ulong value)
    {
        Assert.Equal(value, NumberText.Parse(text, allowSuffix: true));
        Assert.Equal(HeaderError.Invalid, Assert.Throws<HeaderException>(() => NumberText.Parse(text)).Error);
    }

    [Theory]
    [InlineData("18446744073709551616")]
    [InlineData("99999999999999999999999999999999999999999999999999")]
    [InlineData("0x10000000000000000")]
    [InlineData("0o2000000000000000000000")]
    [InlineData("0b10000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("16E")]
    [InlineData("18014398509481984K")]
    [InlineData("340282366920938463463374607431768211456E")]
    public void A_number_above_64_bits_is_out_of_range(string text) =>
        Assert.Equal(HeaderError.OutOfRange, Assert.Throws<HeaderException>(() => NumberText.Parse(text, allowSuffix: true)).Error);

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData(" 1")]
    [InlineData("1 ")]
    [InlineData("1\n")]
    [InlineData("+1")]
    [InlineData("-1")]
    [InlineData("1.5")]
    [InlineData("1.5G")]
    [InlineData("1_000")]
    [InlineData("1,000")]
    [InlineData("1e3")]
    [InlineData("a")]
    [InlineData("ff")]
    [InlineData("0x")]
    [InlineData("0o")]
    [InlineData("0b")]
    [InlineData("0xg")]
    [InlineData("0x-1")]
    [InlineData("0o8")]
    [InlineData("0b2")]
    [InlineData("x1")]
    [InlineData("K")]
    [InlineData("1KK")]
    [InlineData("1KB")]
    [InlineData("1Z")]
    [InlineData("0x1K")]
    [InlineData("0b1M")]
    [InlineData("\u0661")]
    [InlineData("\uff11")]
    [InlineData("1\u212a")]
    [InlineData("1\0")]
    public void What_is_no_number_is_invalid(string text) =>
        Assert.Equal(HeaderError.Invalid, Assert.Throws<HeaderException>(() => NumberText.Parse(text, allowSuffix: true)).Error);

    [Theory]
    [InlineData(0ul, FieldStyle.Decimal, "0")]
    [InlineData(ulong.MaxValue, FieldStyle.Decimal, "18446744073709551615")]
    [InlineData(0ul, FieldStyle.Hex, "0x0")]
    [InlineData(0x514649fbul, FieldStyle.Hex, "0x514649fb")]
    [InlineData(0x8000000000000001ul, FieldStyle.Bits, "0x8000000000000001")]
    public void A_value_is_shown_in_its_style(ulong value, FieldStyle style, string text) =>
        Assert.Equal(text, NumberText.Format(value, style));

    [Property]
    public void What_is_shown_is_read_back(ulong value, byte shift, FieldStyle style)
    {
        foreach (var number in new[] { value, value << (shift % 64), ulong.MaxValue - value })
        {
            Assert.Equal(number, NumberText.Parse(NumberText.Format(number, style)));
        }
    }

    [Property]
    public void Any_text_is_a_number_or_refused(string? text)
    {
        try
        {
            NumberText.Parse(text ?? "", allowSuffix: true);
        }
        catch (HeaderException e)
        {
            Assert.DoesNotContain(e.Message, char.IsControl);
            Assert.InRange(e.Message.Length, 1, 200);
        }
    }
}
