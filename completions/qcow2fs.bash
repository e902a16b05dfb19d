# bash completion for qcow2fs(1). Names inside an image are asked of the program itself.

# The synopses of all commands; a test compares them with the program's.
_qcow2fs_commands='
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
'
# Those of qcow2.py, which may also follow the image.
_qcow2fs_qcow2py='
dump-header [-j] IMAGE: print the header and its extensions
dump-header-exts [-j] IMAGE: print the header extensions
set-header [--force] IMAGE FIELD VALUE: set a header field
add-header-ext [--force] IMAGE MAGIC TEXT: add a header extension
add-header-ext-stdio [--force] IMAGE MAGIC: add an extension from standard input
del-header-ext [--force] IMAGE MAGIC: delete all extensions of a magic
set-feature-bit [--force] IMAGE GROUP BIT: set a feature bit
'

_qcow2fs_magics='0xe2792aca 0x6803f857 0x0537be77 0x44415441 0x23852875'

# Prints a word without its quotes; the last one may be missing. Nothing if the word would run a command.
_qcow2fs_unquote()
{
    local quote word safe='^([^`$"'\''\;&|<>()[:space:]]|\\.|\$[A-Za-z_][A-Za-z_0-9]*|'\''[^'\'']*'\''|"([^`$"\]|\\.)*")*$'
    for quote in '' \' \"; do
        if [[ $1$quote =~ $safe ]]; then
            eval "word=$1$quote"
            printf '%s' "$word"
            return
        fi
    done
}

# Offers the lines of standard input that begin with the word.
_qcow2fs_offer()
{
    local line
    while IFS= read -r line; do
        [[ $line == "$cur"* ]] && COMPREPLY+=("$line")
    done
}

_qcow2fs_files()
{
    local file
    compopt -o filenames 2>/dev/null
    while IFS= read -r file; do
        COMPREPLY+=("$file")
    done < <(compgen "$1" -- "${COMP_WORDS[COMP_CWORD]}")
}

# The entries of the directory that is being typed; directories end in a slash and want more.
_qcow2fs_tree()
{
    local directory=
    [[ $cur == */* ]] && directory=${cur%/*}/
    compopt -o filenames 2>/dev/null
    _qcow2fs_offer < <(qcow2fs ls -p "$1" "/$directory" 2>/dev/null | while IFS= read -r entry; do printf '%s\n' "$directory$entry"; done)
    [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == */ ]] && compopt -o nospace 2>/dev/null
}

_qcow2fs()
{
    local table=$_qcow2fs_commands$_qcow2fs_qcow2py cur image word option= last= kind= synopsis
    local -a arguments=() words kinds=() options=(--help)
    COMPREPLY=()
    cur=$(_qcow2fs_unquote "${COMP_WORDS[COMP_CWORD]}")

    # What precedes the word: the arguments, and the option whose value the word is.
    for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
        if [[ -n $option ]]; then
            option=
        elif [[ $word != -?* ]]; then
            arguments+=("$word")
        elif [[ $table == *"[$word "* ]]; then
            option=$word
        fi
    done

    # qcow2.py's order, IMAGE COMMAND, is turned round.
    if [[ $table != *$'\n'"${arguments[0]} "* && -n ${arguments[1]} && $_qcow2fs_qcow2py == *$'\n'"${arguments[1]} "* ]]; then
        arguments=("${arguments[1]}" "${arguments[0]}" "${arguments[@]:2}")
    fi
    synopsis=${table#*$'\n'"${arguments[0]} "}
    if [[ $synopsis == "$table" ]]; then
        if [[ $cur == -* ]]; then
            _qcow2fs_offer <<< $'--help\n--version'
        else
            [[ ${#arguments[@]} -gt 0 ]] && table=$_qcow2fs_qcow2py
            _qcow2fs_offer < <(sed 's/ .*//' <<< "$table")
            _qcow2fs_files -f
        fi
        return
    fi

    # The synopsis says what the word is: an option, an option's value, or the argument of that number.
    read -ra words <<< "${synopsis%%:*}"
    for word in "${words[@]}"; do
        case $word in
            \[-*) last=${word//[][]/}; options+=("$last") ;;
            \[*) kinds+=("${word//[][]/}") ;;
            *\]) [[ $last == "$option" ]] && kind=${word%]} ;;
            *) kinds+=("$word") ;;
        esac
    done
    if [[ -z $option ]]; then
        kind=${kinds[${#arguments[@]} - 1]:-${kinds[-1]}}
        [[ ${#arguments[@]} -le ${#kinds[@]} || $kind == *... ]] || kind=
        kind=${kind%...}
        if [[ $cur == -?* || $cur == - && $kind != VALUE ]]; then
            _qcow2fs_offer < <(printf '%s\n' "${options[@]}")
            return
        fi
    fi

    image=$(_qcow2fs_unquote "${arguments[1]}")
    case ${arguments[0]}:$kind in
        *:IMAGE | *:SOURCE | *:FILE | *:BASE) _qcow2fs_files -f ;;
        *:MOUNTPOINT) _qcow2fs_files -d ;;
        *:PATH | *:FROM | *:TO) _qcow2fs_tree "$image" ;;
        *:FIELD) _qcow2fs_offer < <(qcow2fs ls "$image" header 2>/dev/null) ;;
        *:GROUP) _qcow2fs_offer < <(qcow2fs ls "$image" features 2>/dev/null) ;;
        del-header-ext:MAGIC) _qcow2fs_offer < <(qcow2fs ls "$image" extensions 2>/dev/null | grep '^[^.]*$') ;;
        *:MAGIC) _qcow2fs_offer <<< "${_qcow2fs_magics// /$'\n'}" ;;
        mount:OPTS) _qcow2fs_offer <<< $'ro\nrw\nallow_other\nforce' ;;
        create:OPTS) _qcow2fs_offer <<< $'cluster_size=\ncompat=0.10\ncompat=1.1' ;;
        *:VERSION) _qcow2fs_offer <<< $'7.2\n8.2\n9.0\n9.1\n10\n11\nlist' ;;
        *:RULE) _qcow2fs_offer < <(echo list; qcow2fs check --explain list 2>/dev/null | sed 's/ .*//') ;;
        *:FMT) _qcow2fs_offer <<< $'raw\nqcow2' ;;
    esac
}

complete -F _qcow2fs qcow2fs
