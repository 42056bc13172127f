#!/bin/bash

__sockeye_cursor_index_in_current_word() {
    local remaining="${COMP_LINE}"

    local word
    for word in "${COMP_WORDS[@]::COMP_CWORD}"; do
        remaining="${remaining##*([[:space:]])"${word}"*([[:space:]])}"
    done

    local -ir index="$((COMP_POINT - ${#COMP_LINE} + ${#remaining}))"
    if [[ "${index}" -le 0 ]]; then
        printf 0
    else
        printf %s "${index}"
    fi
}

# positional arguments:
#
# - 1: the current (sub)command's count of positional arguments
#
# required variables:
#
# - repeating_flags: the repeating flags that the current (sub)command can accept
# - non_repeating_flags: the non-repeating flags that the current (sub)command can accept
# - repeating_options: the repeating options that the current (sub)command can accept
# - non_repeating_options: the non-repeating options that the current (sub)command can accept
# - positional_number: value ignored
# - unparsed_words: unparsed words from the current command line
#
# modified variables:
#
# - non_repeating_flags: remove flags for this (sub)command that are already on the command line
# - non_repeating_options: remove options for this (sub)command that are already on the command line
# - positional_number: set to the current positional number
# - unparsed_words: remove all flags, options, and option values for this (sub)command
__sockeye_offer_flags_options() {
    local -ir positional_count="${1}"
    positional_number=0

    local was_flag_option_terminator_seen=false
    local is_parsing_option_value=false

    local -ar unparsed_word_indices=("${!unparsed_words[@]}")
    local -i word_index
    for word_index in "${unparsed_word_indices[@]}"; do
        if "${is_parsing_option_value}"; then
            # This word is an option value:
            # Reset marker for next word iff not currently the last word
            [[ "${word_index}" -ne "${unparsed_word_indices[${#unparsed_word_indices[@]} - 1]}" ]] && is_parsing_option_value=false
            unset "unparsed_words[${word_index}]"
            # Do not process this word as a flag or an option
            continue
        fi

        local word="${unparsed_words["${word_index}"]}"
        if ! "${was_flag_option_terminator_seen}"; then
            case "${word}" in
            --)
                unset "unparsed_words[${word_index}]"
                # by itself -- is a flag/option terminator, but if it is the last word, it is the start of a completion
                if [[ "${word_index}" -ne "${unparsed_word_indices[${#unparsed_word_indices[@]} - 1]}" ]]; then
                    was_flag_option_terminator_seen=true
                fi
                continue
                ;;
            -*)
                # ${word} is a flag or an option
                # If ${word} is an option, mark that the next word to be parsed is an option value
                local option
                for option in "${repeating_options[@]}" "${non_repeating_options[@]}"; do
                    [[ "${word}" = "${option}" ]] && is_parsing_option_value=true && break
                done

                # Remove ${word} from ${non_repeating_flags} or ${non_repeating_options} so it isn't offered again
                local not_found=true
                local -i index
                for index in "${!non_repeating_flags[@]}"; do
                    if [[ "${non_repeating_flags[${index}]}" = "${word}" ]]; then
                        unset "non_repeating_flags[${index}]"
                        non_repeating_flags=("${non_repeating_flags[@]}")
                        not_found=false
                        break
                    fi
                done
                if "${not_found}"; then
                    for index in "${!non_repeating_flags[@]}"; do
                        if [[ "${non_repeating_flags[${index}]}" = "${word}" ]]; then
                            unset "non_repeating_flags[${index}]"
                            non_repeating_flags=("${non_repeating_flags[@]}")
                            break
                        fi
                    done
                fi
                unset "unparsed_words[${word_index}]"
                continue
                ;;
            esac
        fi

        # ${word} is neither a flag, nor an option, nor an option value
        if [[ "${positional_number}" -lt "${positional_count}" || "${positional_count}" -lt 0 ]]; then
            # ${word} is a positional
            ((positional_number++))
            unset "unparsed_words[${word_index}]"
        else
            if [[ -z "${word}" ]]; then
                # Could be completing a flag, option, or subcommand
                positional_number=-1
            else
                # ${word} is a subcommand or invalid, so stop processing this (sub)command
                positional_number=-2
            fi
            break
        fi
    done

    unparsed_words=("${unparsed_words[@]}")

    if\
        ! "${was_flag_option_terminator_seen}"\
        && ! "${is_parsing_option_value}"\
        && [[ ("${cur}" = -* && "${positional_number}" -ge 0) || "${positional_number}" -eq -1 ]]
    then
        COMPREPLY+=($(compgen -W "${repeating_flags[*]} ${non_repeating_flags[*]} ${repeating_options[*]} ${non_repeating_options[*]}" -- "${cur}"))
    fi
}

__sockeye_add_completions() {
    local completion
    while IFS='' read -r completion; do
        COMPREPLY+=("${completion}")
    done < <(IFS=$'\n' compgen "${@}" -- "${cur}")
}

__sockeye_custom_complete() {
    if [[ -n "${cur}" || -z ${COMP_WORDS[${COMP_CWORD}]} || "${COMP_LINE:${COMP_POINT}:1}" != ' ' ]]; then
        local -ar words=("${COMP_WORDS[@]}")
    else
        local -ar words=("${COMP_WORDS[@]::${COMP_CWORD}}" '' "${COMP_WORDS[@]:${COMP_CWORD}}")
    fi

    "${COMP_WORDS[0]}" "${@}" "${words[@]}"
}

_sockeye() {
    local state
    state="$(shopt -p;shopt -po)"
    trap "${state//$'\n'/;}" RETURN
    shopt -s extglob
    set +o history +o posix

    local -xr SAP_SHELL=bash
    local -x SAP_SHELL_VERSION
    SAP_SHELL_VERSION="$(IFS='.';printf %s "${BASH_VERSINFO[*]}")"
    local -r SAP_SHELL_VERSION

    local -r cur="${2}"
    local -r prev="${3}"

    local -i positional_number
    local -a unparsed_words=("${COMP_WORDS[@]:1:${COMP_CWORD}}")

    local -a repeating_flags=()
    local -a non_repeating_flags=(--version -h --help)
    local -a repeating_options=()
    local -a non_repeating_options=()
    __sockeye_offer_flags_options 0

    # Offer subcommand / subcommand argument completions
    local -r subcommand="${unparsed_words[0]}"
    unset 'unparsed_words[0]'
    unparsed_words=("${unparsed_words[@]}")
    case "${subcommand}" in
    list|who|watch|record|history|sql|map|spawn|doctor|netstat|ss|help)
        # Offer subcommand argument completions
        "_sockeye_${subcommand}"
        ;;
    *)
        # Offer subcommand completions
        COMPREPLY+=($(compgen -W 'list who watch record history sql map spawn doctor netstat ss help' -- "${cur}"))
        ;;
    esac
}

_sockeye_list() {
    repeating_flags=()
    non_repeating_flags=(--tcp -t --udp -u -w --raw -x --unix --udplite --icmp -M --mptcp -S --sctp -0 --packet --netlink --vsock --xdp -4 --ipv4 -6 --ipv6 --all -a --listening -l --tree --info -i --memory -m --timers --count --summary --help-columns --json --jsonl -n --numeric --resolve --ask-socket -p --processes --version -h --help)
    repeating_options=()
    non_repeating_options=(--columns --sort -o --output --color --netns --holders-from)
    __sockeye_offer_flags_options -1

    # Offer option value completions
    case "${prev}" in
    '--columns')
        return
        ;;
    '--sort')
        return
        ;;
    '-o'|'--output')
        __sockeye_add_completions -W 'table'$'\n''wide'$'\n''json'$'\n''jsonl'$'\n''csv'
        return
        ;;
    '--color')
        __sockeye_add_completions -W 'auto'$'\n''always'$'\n''never'
        return
        ;;
    '--netns')
        return
        ;;
    '--holders-from')
        __sockeye_add_completions -W 'auto'$'\n''iterator'$'\n''proc'
        return
        ;;
    esac
}

_sockeye_who() {
    repeating_flags=()
    non_repeating_flags=(--json --jsonl -n --numeric --resolve --version -h --help)
    repeating_options=()
    non_repeating_options=(--limit --netns --since --until --at --database -o --output --color)
    __sockeye_offer_flags_options -1

    # Offer option value completions
    case "${prev}" in
    '--limit')
        return
        ;;
    '--netns')
        return
        ;;
    '--since')
        return
        ;;
    '--until')
        return
        ;;
    '--at')
        return
        ;;
    '--database')
        return
        ;;
    '-o'|'--output')
        __sockeye_add_completions -W 'table'$'\n''wide'$'\n''json'$'\n''jsonl'$'\n''csv'
        return
        ;;
    '--color')
        __sockeye_add_completions -W 'auto'$'\n''always'$'\n''never'
        return
        ;;
    esac
}

_sockeye_watch() {
    repeating_flags=()
    non_repeating_flags=(--names --own --jsonl -n --numeric --version -h --help)
    repeating_options=(--follow-tree --watchlist)
    non_repeating_options=(--where --count --duration --rate --time --keep --ring-size -o --output --color)
    __sockeye_offer_flags_options -1

    # Offer option value completions
    case "${prev}" in
    '--where')
        return
        ;;
    '--count')
        return
        ;;
    '--duration')
        return
        ;;
    '--follow-tree')
        return
        ;;
    '--rate')
        return
        ;;
    '--time')
        __sockeye_add_completions -W 'absolute'$'\n''relative'
        return
        ;;
    '--keep')
        return
        ;;
    '--ring-size')
        return
        ;;
    '--watchlist')
        return
        ;;
    '-o'|'--output')
        __sockeye_add_completions -W 'table'$'\n''jsonl'
        return
        ;;
    '--color')
        __sockeye_add_completions -W 'auto'$'\n''always'$'\n''never'
        return
        ;;
    esac
}

_sockeye_record() {
    repeating_flags=()
    non_repeating_flags=(--names --no-names --modules --no-modules --check --set-aside --status --flush --json --version -h --help)
    repeating_options=(--watchlist)
    non_repeating_options=(--database --keep-days --max-size --row-at --ring-size --config -o --output --color)
    __sockeye_offer_flags_options 0

    # Offer option value completions
    case "${prev}" in
    '--database')
        return
        ;;
    '--keep-days')
        return
        ;;
    '--max-size')
        return
        ;;
    '--row-at')
        __sockeye_add_completions -W 'open'$'\n''close'
        return
        ;;
    '--ring-size')
        return
        ;;
    '--watchlist')
        return
        ;;
    '--config')
        return
        ;;
    '-o'|'--output')
        __sockeye_add_completions -W 'table'$'\n''json'
        return
        ;;
    '--color')
        __sockeye_add_completions -W 'auto'$'\n''always'$'\n''never'
        return
        ;;
    esac
}

_sockeye_history() {
    repeating_flags=()
    non_repeating_flags=(--json --jsonl -n --numeric --resolve --version -h --help)
    repeating_options=(--watchlist)
    non_repeating_options=(--since --until --at --sort --limit --after --database -o --output --color)
    __sockeye_offer_flags_options -1

    # Offer option value completions
    case "${prev}" in
    '--since')
        return
        ;;
    '--until')
        return
        ;;
    '--at')
        return
        ;;
    '--sort')
        __sockeye_add_completions -W 'newest'$'\n''oldest'$'\n''longest'$'\n''sent'$'\n''received'
        return
        ;;
    '--limit')
        return
        ;;
    '--after')
        return
        ;;
    '--watchlist')
        return
        ;;
    '--database')
        return
        ;;
    '-o'|'--output')
        __sockeye_add_completions -W 'table'$'\n''wide'$'\n''json'$'\n''jsonl'$'\n''csv'
        return
        ;;
    '--color')
        __sockeye_add_completions -W 'auto'$'\n''always'$'\n''never'
        return
        ;;
    esac
}

_sockeye_sql() {
    repeating_flags=()
    non_repeating_flags=(--schema --json --jsonl -n --numeric --resolve --version -h --help)
    repeating_options=()
    non_repeating_options=(--database --max-time --max-memory -o --output --color)
    __sockeye_offer_flags_options 1

    # Offer option value completions
    case "${prev}" in
    '--database')
        return
        ;;
    '--max-time')
        return
        ;;
    '--max-memory')
        return
        ;;
    '-o'|'--output')
        __sockeye_add_completions -W 'table'$'\n''wide'$'\n''json'$'\n''jsonl'$'\n''csv'
        return
        ;;
    '--color')
        __sockeye_add_completions -W 'auto'$'\n''always'$'\n''never'
        return
        ;;
    esac
}

_sockeye_map() {
    repeating_flags=()
    non_repeating_flags=(--policy --live --json --version -h --help)
    repeating_options=()
    non_repeating_options=(--by --check --since --until --at --database -o --output --color)
    __sockeye_offer_flags_options 0

    # Offer option value completions
    case "${prev}" in
    '--by')
        __sockeye_add_completions -W 'executable'$'\n''unit'$'\n''container'$'\n''process'
        return
        ;;
    '--check')
        return
        ;;
    '--since')
        return
        ;;
    '--until')
        return
        ;;
    '--at')
        return
        ;;
    '--database')
        return
        ;;
    '-o'|'--output')
        __sockeye_add_completions -W 'table'$'\n''json'$'\n''jsonl'$'\n''csv'$'\n''dot'$'\n''svg'
        return
        ;;
    '--color')
        __sockeye_add_completions -W 'auto'$'\n''always'$'\n''never'
        return
        ;;
    esac
}

_sockeye_spawn() {
    repeating_flags=()
    non_repeating_flags=(-a --all --full --no-function-graph --table --json --no-places --perf --ptrace --version -h --help)
    repeating_options=()
    non_repeating_options=(-p --pid -o --output --repeat --trace --svg --duration --color)
    __sockeye_offer_flags_options -1

    # Offer option value completions
    case "${prev}" in
    '-p'|'--pid')
        return
        ;;
    '-o'|'--output')
        __sockeye_add_completions -W 'tree'$'\n''table'$'\n''json'
        return
        ;;
    '--repeat')
        return
        ;;
    '--trace')
        return
        ;;
    '--svg')
        return
        ;;
    '--duration')
        return
        ;;
    '--color')
        __sockeye_add_completions -W 'auto'$'\n''always'$'\n''never'
        return
        ;;
    esac
}

_sockeye_doctor() {
    repeating_flags=()
    non_repeating_flags=(--json --jsonl -n --numeric --resolve --version -h --help)
    repeating_options=()
    non_repeating_options=(-o --output --color)
    __sockeye_offer_flags_options 0

    # Offer option value completions
    case "${prev}" in
    '-o'|'--output')
        __sockeye_add_completions -W 'table'$'\n''wide'$'\n''json'$'\n''jsonl'$'\n''csv'
        return
        ;;
    '--color')
        __sockeye_add_completions -W 'auto'$'\n''always'$'\n''never'
        return
        ;;
    esac
}

_sockeye_netstat() {
    repeating_flags=()
    non_repeating_flags=(--version -h --help)
    repeating_options=()
    non_repeating_options=()
    __sockeye_offer_flags_options -1

    # Offer positional completions
    case "${positional_number}" in
    *)
        __sockeye_add_completions -W '-2'$'\n''-A'$'\n''-C'$'\n''-F'$'\n''-M'$'\n''-N'$'\n''-S'$'\n''-U'$'\n''-V'$'\n''-W'$'\n''-Z'$'\n''-a'$'\n''-c'$'\n''-e'$'\n''-f'$'\n''-g'$'\n''-h'$'\n''-i'$'\n''-l'$'\n''-n'$'\n''-o'$'\n''-p'$'\n''-r'$'\n''-s'$'\n''-t'$'\n''-u'$'\n''-v'$'\n''-w'$'\n''-x'$'\n''-4'$'\n''-6'$'\n''--ax25'$'\n''--x25'$'\n''--ip'$'\n''--ipx'$'\n''--appletalk'$'\n''--netrom'$'\n''--inet'$'\n''--inet6'$'\n''--ddp'$'\n''--rose'$'\n''--unix'$'\n''--bluetooth'$'\n''--tcpip'$'\n''--version'$'\n''--interfaces'$'\n''--help'$'\n''--route'$'\n''--masquerade'$'\n''--protocol'$'\n''--tcp'$'\n''--sctp'$'\n''--udp'$'\n''--udplite'$'\n''--raw'$'\n''--unix'$'\n''--l2cap'$'\n''--rfcomm'$'\n''--listening'$'\n''--all'$'\n''--timers'$'\n''--continuous'$'\n''--extend'$'\n''--programs'$'\n''--verbose'$'\n''--statistics'$'\n''--wide'$'\n''--numeric'$'\n''--numeric-hosts'$'\n''--numeric-ports'$'\n''--numeric-users'$'\n''--symbolic'$'\n''--cache'$'\n''--fib'$'\n''--groups'$'\n''--context'$'\n''--better'
        return
        ;;
    esac
}

_sockeye_ss() {
    repeating_flags=()
    non_repeating_flags=(--version -h --help)
    repeating_options=()
    non_repeating_options=()
    __sockeye_offer_flags_options -1

    # Offer positional completions
    case "${positional_number}" in
    *)
        __sockeye_add_completions -W '-d'$'\n''-h'$'\n''-a'$'\n''-l'$'\n''-e'$'\n''-t'$'\n''-u'$'\n''-w'$'\n''-x'$'\n''-n'$'\n''-r'$'\n''-o'$'\n''-4'$'\n''-6'$'\n''-0'$'\n''-s'$'\n''-p'$'\n''-T'$'\n''-b'$'\n''-E'$'\n''-f'$'\n''-m'$'\n''-M'$'\n''-i'$'\n''-A'$'\n''-D'$'\n''-F'$'\n''-v'$'\n''-V'$'\n''-z'$'\n''-Z'$'\n''-N'$'\n''-K'$'\n''-H'$'\n''-S'$'\n''-O'$'\n''--numeric'$'\n''--resolve'$'\n''--options'$'\n''--extended'$'\n''--memory'$'\n''--info'$'\n''--processes'$'\n''--threads'$'\n''--bpf'$'\n''--events'$'\n''--dccp'$'\n''--tcp'$'\n''--sctp'$'\n''--udp'$'\n''--raw'$'\n''--unix'$'\n''--tipc'$'\n''--vsock'$'\n''--all'$'\n''--listening'$'\n''--ipv4'$'\n''--ipv6'$'\n''--packet'$'\n''--family'$'\n''--socket'$'\n''--query'$'\n''--summary'$'\n''--diag'$'\n''--filter'$'\n''--version'$'\n''--help'$'\n''--context'$'\n''--contexts'$'\n''--net'$'\n''--tipcinfo'$'\n''--tos'$'\n''--cgroup'$'\n''--kill'$'\n''--no-header'$'\n''--xdp'$'\n''--mptcp'$'\n''--oneline'$'\n''--inet-sockopt'
        return
        ;;
    esac
}

_sockeye_help() {
    repeating_flags=()
    non_repeating_flags=(--version)
    repeating_options=()
    non_repeating_options=()
    __sockeye_offer_flags_options -1
}

complete -o filenames -F _sockeye sockeye
