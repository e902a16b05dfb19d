namespace Qcow2Fs.Cli.Tests;

/// <summary>
/// Names that are not UTF-8, beside a file whose name is the replacement character U+FFFD, which .NET makes of all such bytes: a command
/// works on the file that it was given, or on none.
/// </summary>
[Trait("Category", "Slow")]
public sealed class ByteNameTests
{
    // Arguments of printf.
    public static TheoryData<string> Names => [@"\377", @"a\200b", @"\303", @"\355\260\200", @"\360\237\230", @"\357\277\275\377"];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_command_works_on_the_file_that_it_was_given(string name)
    {
        using var image = TestImage.Of("default");
        Run(image, name, """
            "$Q" write "$n" header/nb_snapshots 3
            "$Q" set-header "$n" autoclear_features 0x10
            "$Q" write "./$n" extensions/0xcafe text
            [ "$("$Q" cat "$n" header/nb_snapshots)$("$Q" cat "$D/$n" extensions/0xcafe)" = 3text ]
            "$Q" ls "$n" >/dev/null
            ! "$Q" check "$n" >report; [ -s report ]
            "$Q" create "new$n" 1M; qemu-img info "new$n" >/dev/null; ! "$Q" create "new$n" 1M
            """);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_link_leads_to_the_file_of_its_bytes(string name)
    {
        using var image = TestImage.Of("default");
        Run(image, name, """
            ln -s "$n" link; "$Q" write link header/nb_snapshots 3; [ "$("$Q" cat "$n" header/nb_snapshots)" = 3 ]
            """);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Relative_names_work_in_a_directory_of_such_a_name(string name)
    {
        using var image = TestImage.Of("default");
        Run(image, name, """
            mkdir "d$n" "d$r"; cp "$r" "d$n/i"; cp "$r" "d$r/i"; cp "$r" same; cd "d$n"
            "$Q" write i header/nb_snapshots 3; "$Q" create j 1M; [ "$("$Q" cat i header/nb_snapshots)" = 3 ]; [ -e j ]; cd ..
            cmp "d$r/i" same; [ ! -e "d$r/j" ]
            """);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_folder_of_such_a_name_is_a_folder(string name)
    {
        using var image = TestImage.Of("default");
        Run(image, name, """
            mkdir "d$n"; cp "$r" "d$n/i"; "$Q" check "d$n" 2>report; [ "$(cat report)" = "1 image: 0 with errors" ]
            [ "$("$Q" chain "d$n" | wc -l)" = 1 ]
            """);
    }

    [Fact]
    public void A_sentence_shows_the_bytes()
    {
        using var image = TestImage.Of("default");
        Program.AssertRefused(Program.Shell("qcow2fs cat \"$(printf 'no\\377')\" header/size"), @"no\xff: ");
        Program.AssertRefused(Program.Shell("qcow2fs write \"$1\" header/size \"$(printf '\\377')\"", image.Path),
            @"header/size: '\xff' is not a number");
        Program.AssertRefused(Program.Run("write", image.Path, "header/size", "é"), "header/size: 'é' is not a number");
        Program.AssertRefused(Program.Shell("qcow2fs cat \"$1\" \"$(printf 'no\\377')\"", image.Path), @"no\xff: ");
    }

    // $n is the name, $r the one that .NET makes of it, which no command may touch.
    private static void Run(TestImage image, string name, string script) => Program.Shell($"""
        set -e; D=$(mktemp -d); trap 'rm -rf "$D"' EXIT; cd "$D"; Q=qcow2fs
        n=$(printf '{name}'); r=$(printf '\357\277\275'); cp "$1" "$r"; [ "$n" = "$r" ] || cp "$1" "$n"; cp "$1" before
        {script}
        cmp "$r" before
        """, image.Path).Expect();
}
