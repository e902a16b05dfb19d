# fish completion for qcow2fs(1). Names inside an image are asked of the program itself.

# The synopses of all commands; a test compares them with the program's.
set -g __qcow2fs_commands (string split -n \n '
mount [-f] [-o OPTS] SOURCE MOUNTPOINT: mount an image or a folder of images
umount MOUNTPOINT: unmount, also a dead mount
ls [-l] [-p] IMAGE [PATH]: list a directory of the tree
cat IMAGE PATH: print a file of the tree
write [--changed] [--force] IMAGE PATH VALUE: write a file of the tree; - is stdin
rm [--force] IMAGE PATH...: remove extensions, features, names
mv [--force] IMAGE FROM TO: rename an extension or a feature bit
map [--json] [--svg FILE] IMAGE: show what every cluster holds
check [--json] [--fail-on LIST] [--untrusted] [--allow LIST] [--max-virtual-size SIZE] [--max-input SIZE] [--qemu VERSION] [-q] [--explain RULE] SOURCE...: report what QEMU objects to
chain [--json] [--users BASE] SOURCE...: show which image is the base of which
relink [-n] OLD NEW SOURCE...: move names of backing and data files
backup SOURCE...: save first clusters, as a tar
restore [-n] [--force] FILE [IMAGE...]: put first clusters of a backup back
rescue [--json] [--size SIZE] [--backing FILE] [-F FMT] [--data-file FILE] [--write N] [--output FILE] [--keep FILE] SOURCE...: find a header that was overwritten
create [-o OPTS] [-b FILE] [-F FMT] IMAGE SIZE: create a small image
')
# Those of qcow2.py, which may also follow the image.
set -g __qcow2fs_qcow2py (string split -n \n '
dump-header [-j] IMAGE: print the header and its extensions
dump-header-exts [-j] IMAGE: print the header extensions
set-header [--force] IMAGE FIELD VALUE: set a header field
add-header-ext [--force] IMAGE MAGIC TEXT: add a header extension
add-header-ext-stdio [--force] IMAGE MAGIC: add an extension from standard input
del-header-ext [--force] IMAGE MAGIC: delete all extensions of a magic
set-feature-bit [--force] IMAGE GROUP BIT: set a feature bit
')

# The arguments that precede the word, the command first: qcow2.py's order, IMAGE COMMAND, is turned round.
function __qcow2fs_arguments
    set -l arguments
    set -l skip 0
    for word in (commandline -opc)[2..-1]
        if test $skip = 1
            set skip 0
        else if not string match -qr -- '^-.' $word
            set -a arguments $word
        else if string match -q -- "*[$word *" $__qcow2fs_commands
            set skip 1
        end
    end
    if set -q arguments[2]; and not __qcow2fs_synopsis $arguments[1] >/dev/null; and string match -q -- "$arguments[2] *" $__qcow2fs_qcow2py
        set arguments $arguments[2] $arguments[1] $arguments[3..-1]
    end
    string join -- \n $arguments
end

# The synopsis of a command without its name, such as "[-l] [-p] IMAGE [PATH]".
function __qcow2fs_synopsis
    for line in $__qcow2fs_commands $__qcow2fs_qcow2py
        set -l parts (string split -m 1 ' ' -- $line)
        if test "$parts[1]" = "$argv[1]"
            string split -m 1 : -- $parts[2] | head -1
            return 0
        end
    end
    return 1
end

# Whether the argument that is being typed has one of these names in the synopsis, such as IMAGE or PATH. Without a command
# the first one is COMMAND, and what follows an image or a source is SECOND.
function __qcow2fs_expects
    set -l arguments (__qcow2fs_arguments)
    set -l count (count $arguments)
    set -l kinds COMMAND SECOND
    if test $count -gt 0; and set -l synopsis (__qcow2fs_synopsis $arguments[1])
        set kinds (string split ' ' -- (string replace -ra '\[-[^]]*\] ' '' -- $synopsis))
    else
        set count (math $count + 1)
    end
    set -l kind $kinds[$count]
    if not set -q kind[1]; and string match -q -- '*...*' $kinds[-1]
        set kind $kinds[-1]
    end
    contains -- (string trim -c '[].' -- $kind) $argv
end

# Whether the command has an option, such as "-l]" or "-o OPTS]", and is, if there is a second argument, of that name.
function __qcow2fs_takes
    set -l command (__qcow2fs_arguments)[1]
    set -q argv[2]; and test "$command" != $argv[2]; and return 1
    string match -q -- "*[$argv[1]*" (__qcow2fs_synopsis "$command")
end

# Prints the names and the descriptions of commands.
function __qcow2fs_describe
    string replace -r '^(\S+) .*?: ' '$1\t' -- $argv
end

function __qcow2fs_ls
    qcow2fs ls $argv[2..-1] (string replace -r '^~/' "$HOME/" -- (__qcow2fs_arguments)[2]) $argv[1] 2>/dev/null
end

# The entries of the directory that is being typed.
function __qcow2fs_tree
    set -l directory (string match -r '^.*/' -- (string unescape -- (commandline -ct)))
    # An unset variable would leave nothing of every entry.
    set -q directory[1]; or set directory ''
    for entry in (__qcow2fs_ls "/$directory" -p)
        echo $directory$entry
    end
end

# The magics that can be deleted, or those that are known.
function __qcow2fs_magics
    if test (__qcow2fs_arguments)[1] = del-header-ext
        __qcow2fs_ls extensions | string match -v '*.*'
    else
        string split ' ' '0xe2792aca 0x6803f857 0x0537be77 0x44415441 0x23852875'
    end
end

complete -c qcow2fs -f
complete -c qcow2fs -n '__qcow2fs_expects COMMAND' -a '(__qcow2fs_describe $__qcow2fs_commands $__qcow2fs_qcow2py)'
complete -c qcow2fs -n '__qcow2fs_expects COMMAND' -l version -d 'Show the version'
complete -c qcow2fs -n '__qcow2fs_expects SECOND' -a '(__qcow2fs_describe $__qcow2fs_qcow2py)'
complete -c qcow2fs -n '__qcow2fs_expects COMMAND SECOND IMAGE SOURCE FILE MOUNTPOINT' -F
complete -c qcow2fs -n '__qcow2fs_expects PATH FROM TO' -a '(__qcow2fs_tree)'
complete -c qcow2fs -n '__qcow2fs_expects FIELD' -a '(__qcow2fs_ls header)'
complete -c qcow2fs -n '__qcow2fs_expects GROUP' -a '(__qcow2fs_ls features)'
complete -c qcow2fs -n '__qcow2fs_expects MAGIC' -a '(__qcow2fs_magics)'
complete -c qcow2fs -l help -d 'Show help'
complete -c qcow2fs -n '__qcow2fs_takes -f]' -s f -d 'Stay in the foreground'
complete -c qcow2fs -n '__qcow2fs_takes -o mount' -s o -x -a 'ro rw allow_other force' -d 'Mount options'
complete -c qcow2fs -n '__qcow2fs_takes -o create' -s o -x -a 'cluster_size= compat=0.10 compat=1.1' -d 'Options'
complete -c qcow2fs -n '__qcow2fs_takes -l]' -s l -d 'Mode, size and description'
complete -c qcow2fs -n '__qcow2fs_takes -p]' -s p -d 'A slash after directories'
complete -c qcow2fs -n '__qcow2fs_takes -b' -s b -r -F -d 'Backing file'
complete -c qcow2fs -n '__qcow2fs_takes -F' -s F -x -a 'raw qcow2' -d 'Format of the backing file'
complete -c qcow2fs -n '__qcow2fs_takes -j]' -s j -d 'Print JSON'
complete -c qcow2fs -n '__qcow2fs_takes --json]' -l json -d 'Print a JSON object a line'
complete -c qcow2fs -n '__qcow2fs_takes --svg' -l svg -r -F -d 'Also draw the map to a new file'
complete -c qcow2fs -n '__qcow2fs_takes --fail-on' -l fail-on -x -a 'error error-rw warning reference note' -d 'Severities that count'
complete -c qcow2fs -n '__qcow2fs_takes --untrusted]' -l untrusted -d 'Everything counts'
complete -c qcow2fs -n '__qcow2fs_takes --allow' -l allow -x -d 'Rules that do not count'
complete -c qcow2fs -n '__qcow2fs_takes --max-virtual-size' -l max-virtual-size -x -d 'A larger disk is an error'
complete -c qcow2fs -n '__qcow2fs_takes --max-input' -l max-input -x -d 'The most of standard input'
complete -c qcow2fs -n '__qcow2fs_takes --qemu' -l qemu -x -a '7.2 8.2 9.0 9.1 10 11 list' -d 'Whose verdict'
complete -c qcow2fs -n '__qcow2fs_takes -q]' -s q -d 'Print nothing'
complete -c qcow2fs -n '__qcow2fs_takes --explain' -l explain -x -a 'list (qcow2fs check --explain list 2>/dev/null | string replace -r " .*" "")' -d 'Print what a rule means'
complete -c qcow2fs -n '__qcow2fs_takes --size' -l size -x -d 'Virtual size, if you know it'
complete -c qcow2fs -n '__qcow2fs_takes --backing' -l backing -r -F -d 'Name of the backing file'
complete -c qcow2fs -n '__qcow2fs_takes --data-file' -l data-file -r -F -d 'Name of the external data file'
complete -c qcow2fs -n '__qcow2fs_takes --write' -l write -x -d 'Number of the candidate to write'
complete -c qcow2fs -n '__qcow2fs_takes --output' -l output -r -F -d 'New file for the best candidate'
complete -c qcow2fs -n '__qcow2fs_takes --keep' -l keep -r -F -d 'File for the old first cluster'
complete -c qcow2fs -n '__qcow2fs_takes -n]' -s n -d 'Change nothing'
complete -c qcow2fs -n '__qcow2fs_takes --users' -l users -r -F -d 'Only the images that need this base'
complete -c qcow2fs -n '__qcow2fs_takes --changed]' -l changed -d 'Print changed or same'
complete -c qcow2fs -n '__qcow2fs_takes --force]' -l force -d 'Change a file whose magic is not that of qcow2'
