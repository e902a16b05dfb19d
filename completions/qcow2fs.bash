# bash completion for qcow2fs(1). Paths inside an image are asked of the program itself.

_qcow2fs_fields='magic version backing_file_offset backing_file_size cluster_bits size crypt_method l1_size
l1_table_offset refcount_table_offset refcount_table_clusters nb_snapshots snapshot_offset incompatible_features
compatible_features autoclear_features refcount_order header_length compression_type'

_qcow2fs_magics='0xe2792aca 0x6803f857 0x23852875 0x0537be77 0x44415441'

_qcow2fs_files()
{
    local file
    compopt -o filenames 2>/dev/null
    while IFS= read -r file; do
        COMPREPLY+=("$file")
    done < <(compgen -f -- "$cur")
}

_qcow2fs_words()
{
    local word
    for word in $1; do
        [[ $word == "$cur"* ]] && COMPREPLY+=("$word")
    done
}

# The entries of the directory that is being typed; directories end in a slash and want more.
_qcow2fs_tree()
{
    local directory= entry
    [[ $cur == */* ]] && directory=${cur%/*}/
    while IFS= read -r entry; do
        [[ $directory$entry == "$cur"* ]] && COMPREPLY+=("$directory$entry")
    done < <(qcow2fs ls -p "$1" "/$directory" 2>/dev/null)
    [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == */ ]] && compopt -o nospace 2>/dev/null
}

_qcow2fs()
{
    local cur=${COMP_WORDS[COMP_CWORD]} command= image= position=0 options= i word previous=
    local commands='mount umount ls cat write rm mv check create dump-header dump-header-exts set-header
        add-header-ext add-header-ext-stdio del-header-ext set-feature-bit'
    local image_first='dump-header dump-header-exts set-header add-header-ext add-header-ext-stdio del-header-ext set-feature-bit'
    COMPREPLY=()

    # The command, the image and how many arguments stand in front of the word, in either order of words.
    for ((i = 1; i < COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        previous=$word
        case $word in
            -o | -b | -F) ((i + 1 < COMP_CWORD)) && ((i++)); continue ;;
            -*) continue ;;
        esac
        if [[ -z $command && " ${commands//$'\n'/ } " == *" $word "* && ( -z $image || " $image_first " == *" $word "* ) ]]; then
            command=$word
        elif [[ -z $image ]]; then
            image=$word
            position=1
        else
            ((position++))
        fi
    done

    case $command:$previous in
        *:-b) _qcow2fs_files; return ;;
        *:-F) _qcow2fs_words 'raw qcow2'; return ;;
        create:-o) _qcow2fs_words 'cluster_size= compat=0.10 compat=1.1'; return ;;
        *:-o) _qcow2fs_words 'ro rw allow_other force'; return ;;
    esac

    case $command in
        '') options='--help --version' ;;
        mount) options='-f -o --help' ;;
        ls) options='-l -p --help' ;;
        check) options='--json --help' ;;
        create) options='-o -b -F --help' ;;
        dump-header | dump-header-exts) options='-j --help' ;;
        write | rm | mv | set-header | add-header-ext | add-header-ext-stdio | del-header-ext | set-feature-bit) options='--force --help' ;;
        *) options='--help' ;;
    esac
    if [[ $cur == -?* || $cur == - && $command:$position != write:2 ]]; then
        _qcow2fs_words "$options"
        return
    fi

    case $command:$position in
        :0) _qcow2fs_words "$commands"; _qcow2fs_files ;;
        :1) _qcow2fs_words "$image_first"; _qcow2fs_files ;;
        *:0 | check:* | mount:1) _qcow2fs_files ;;
        ls:1 | cat:1 | write:1 | rm:* | mv:1 | mv:2) _qcow2fs_tree "$image" ;;
        set-header:1) _qcow2fs_words "$_qcow2fs_fields" ;;
        set-feature-bit:1) _qcow2fs_words 'incompatible compatible autoclear' ;;
        add-header-ext:1 | add-header-ext-stdio:1) _qcow2fs_words "$_qcow2fs_magics" ;;
        del-header-ext:1) _qcow2fs_words "$(qcow2fs ls "$image" extensions 2>/dev/null | sed '/\./d')" ;;
    esac
}

complete -F _qcow2fs qcow2fs
