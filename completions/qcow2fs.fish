# fish completion for qcow2fs(1). Paths inside an image are asked of the program itself.

set -l image_first dump-header dump-header-exts set-header add-header-ext add-header-ext-stdio del-header-ext set-feature-bit
set -l changing write rm mv set-header add-header-ext add-header-ext-stdio del-header-ext set-feature-bit
set -l commands mount umount ls cat write rm mv check create $image_first

# The arguments in front of the word that are no options: the command first, whatever the order.
function __qcow2fs_arguments
    set -l words (commandline -opc)[2..-1]
    set -l plain
    set -l skip 0
    for word in $words
        if test $skip = 1
            set skip 0
        else if contains -- $word -o -b -F
            set skip 1
        else if not string match -q -- '-?*' $word
            set -a plain $word
        end
    end
    if set -q plain[2]; and contains -- $plain[2] dump-header dump-header-exts set-header add-header-ext add-header-ext-stdio del-header-ext set-feature-bit
        printf '%s\n' $plain[2] $plain[1] $plain[3..-1]
    else
        printf '%s\n' $plain
    end
end

# Whether the command is one of those and so many arguments (any number without one) follow it.
function __qcow2fs_at
    set -l arguments (__qcow2fs_arguments)
    set -l count (math (count $arguments) - 1)
    contains -- "$arguments[1]" (string split , $argv[1]); and begin
        test -z "$argv[2]"; or contains -- $count (string split , $argv[2])
    end
end

function __qcow2fs_tree
    set -l image (__qcow2fs_arguments)[2]
    set -l directory (string match -r '^.*/' -- (commandline -ct))
    # Nothing at all would make nothing of every entry.
    set -q directory[1]; or set directory ''
    for entry in (qcow2fs ls -p $image /$directory 2>/dev/null)
        echo $directory$entry
    end
end

function __qcow2fs_extensions
    qcow2fs ls (__qcow2fs_arguments)[2] extensions 2>/dev/null | string match -v '*.*'
end

complete -c qcow2fs -n "test (count (__qcow2fs_arguments)) = 0" -a "$commands"
complete -c qcow2fs -n "test (count (__qcow2fs_arguments)) = 1; and not __qcow2fs_at (string join , $commands)" -a "$image_first"
complete -c qcow2fs -l help -d 'Show help'
complete -c qcow2fs -n "test (count (__qcow2fs_arguments)) = 0" -l version -d 'Show the version'
complete -c qcow2fs -n "__qcow2fs_at mount" -s f -d 'Stay in the foreground'
complete -c qcow2fs -n "__qcow2fs_at mount" -s o -x -a 'ro rw allow_other force' -d 'Mount options'
complete -c qcow2fs -n "__qcow2fs_at ls" -s l -d 'Mode, size and what it is'
complete -c qcow2fs -n "__qcow2fs_at ls" -s p -d 'A slash behind directories'
complete -c qcow2fs -n "__qcow2fs_at check" -l json -d 'One JSON object a line and image'
complete -c qcow2fs -n "__qcow2fs_at create" -s o -x -a 'cluster_size= compat=0.10 compat=1.1' -d 'Options'
complete -c qcow2fs -n "__qcow2fs_at create" -s b -r -d 'The backing file'
complete -c qcow2fs -n "__qcow2fs_at create" -s F -x -a 'raw qcow2' -d 'Its format'
complete -c qcow2fs -n "__qcow2fs_at dump-header,dump-header-exts" -s j -d 'As JSON'
complete -c qcow2fs -n "__qcow2fs_at (string join , $changing)" -l force -d 'Change a file whose magic is not that of qcow2'
complete -c qcow2fs -n "__qcow2fs_at ls,cat,write,mv 1; or __qcow2fs_at mv 2; or __qcow2fs_at rm; and not __qcow2fs_at rm 0" -f -a "(__qcow2fs_tree)"
complete -c qcow2fs -n "__qcow2fs_at set-header 1" -f -a "magic version backing_file_offset backing_file_size cluster_bits size crypt_method l1_size l1_table_offset refcount_table_offset refcount_table_clusters nb_snapshots snapshot_offset incompatible_features compatible_features autoclear_features refcount_order header_length compression_type"
complete -c qcow2fs -n "__qcow2fs_at add-header-ext,add-header-ext-stdio 1" -f -a "0xe2792aca 0x6803f857 0x23852875 0x0537be77 0x44415441"
complete -c qcow2fs -n "__qcow2fs_at del-header-ext 1" -f -a "(__qcow2fs_extensions)"
complete -c qcow2fs -n "__qcow2fs_at set-feature-bit 1" -f -a "incompatible compatible autoclear"
