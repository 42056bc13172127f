function __sockeye_should_offer_completions_for_flags_or_options -a expected_commands
    set -l non_repeating_flags_or_options $argv[2..]
    set -l non_repeating_flags_or_options_absent 0
    set -l positional_index 0
    set -l commands
    __sockeye_parse_tokens
    test "$commands" = "$expected_commands"; and return $non_repeating_flags_or_options_absent
end

function __sockeye_should_offer_completions_for_positional -a expected_commands positional_index_comparison expected_positional_index
    set -l non_repeating_flags_or_options
    set -l non_repeating_flags_or_options_absent 0
    set -l positional_index 0
    set -l commands
    __sockeye_parse_tokens
    test "$commands" = "$expected_commands" -a \( "$positional_index" "$positional_index_comparison" "$expected_positional_index" \)
end

function __sockeye_parse_tokens -S
    set -l unparsed_tokens (__sockeye_tokens -pc)
    switch $unparsed_tokens[1]
    case 'sockeye'
        __sockeye_parse_subcommand 0 'version' 'h/help'
        switch $unparsed_tokens[1]
        case 'list'
            __sockeye_parse_subcommand -r 1 't/tcp' 'u/udp' 'w/raw' 'x/unix' 'udplite' 'icmp' 'M/mptcp' 'S/sctp' '0/packet' 'netlink' 'vsock' 'xdp' '4/ipv4' '6/ipv6' 'a/all' 'l/listening' 'tree' 'i/info' 'm/memory' 'timers' 'columns=' 'sort=' 'count' 'summary' 'help-columns' 'o/output=' 'json' 'jsonl' 'color=' 'n/numeric' 'resolve' 'netns=' 'ask-socket' 'holders-from=' 'p/processes' 'version' 'h/help'
        case 'who'
            __sockeye_parse_subcommand -r 1 'limit=' 'netns=' 'since=' 'until=' 'at=' 'database=' 'o/output=' 'json' 'jsonl' 'color=' 'n/numeric' 'resolve' 'version' 'h/help'
        case 'watch'
            __sockeye_parse_subcommand -r 1 'where=' 'count=' 'duration=' 'follow-tree=+' 'rate=' 'time=' 'keep=' 'names' 'ring-size=' 'watchlist=+' 'own' 'o/output=' 'jsonl' 'color=' 'n/numeric' 'version' 'h/help'
        case 'record'
            __sockeye_parse_subcommand 0 'database=' 'keep-days=' 'max-size=' 'row-at=' 'names' 'no-names' 'modules' 'no-modules' 'ring-size=' 'watchlist=+' 'config=' 'check' 'set-aside' 'status' 'flush' 'o/output=' 'json' 'color=' 'version' 'h/help'
        case 'history'
            __sockeye_parse_subcommand -r 1 'since=' 'until=' 'at=' 'sort=' 'limit=' 'after=' 'watchlist=+' 'database=' 'o/output=' 'json' 'jsonl' 'color=' 'n/numeric' 'resolve' 'version' 'h/help'
        case 'sql'
            __sockeye_parse_subcommand 1 'database=' 'schema' 'max-time=' 'max-memory=' 'o/output=' 'json' 'jsonl' 'color=' 'n/numeric' 'resolve' 'version' 'h/help'
        case 'map'
            __sockeye_parse_subcommand 0 'by=' 'policy' 'check=' 'since=' 'until=' 'at=' 'database=' 'live' 'o/output=' 'json' 'color=' 'version' 'h/help'
        case 'spawn'
            __sockeye_parse_subcommand -r 1 'p/pid=' 'a/all' 'full' 'no-function-graph' 'o/output=' 'table' 'json' 'repeat=' 'trace=' 'svg=' 'duration=' 'no-places' 'perf' 'ptrace' 'color=' 'version' 'h/help'
        case 'doctor'
            __sockeye_parse_subcommand 0 'o/output=' 'json' 'jsonl' 'color=' 'n/numeric' 'resolve' 'version' 'h/help'
        case 'netstat'
            __sockeye_parse_subcommand -r 1 'version' 'h/help'
        case 'ss'
            __sockeye_parse_subcommand -r 1 'version' 'h/help'
        case 'help'
            __sockeye_parse_subcommand -r 1 'version'
        end
    end
end

function __sockeye_tokens
    if test (string split -m 1 -f 1 -- . "$FISH_VERSION") -gt 3
        commandline --tokens-raw $argv
    else
        commandline -o $argv
    end
end

function __sockeye_parse_subcommand -S -a positional_count
    argparse -s r -- $argv
    set -l option_specs $argv[2..]
    set -l is_repeating_positional $_flag_r
    set -el _flag_r
    set -a commands $unparsed_tokens[1]
    set positional_index 0
    while true
        set -e unparsed_tokens[1]
        argparse -sn "$commands" $option_specs -- $unparsed_tokens 2> /dev/null
        set unparsed_tokens $argv
        set positional_index (math $positional_index + 1)
        for non_repeating_flag_or_option in $non_repeating_flags_or_options
            if set -ql "_flag_$(string replace -a - _ -- $non_repeating_flag_or_option)"
                set non_repeating_flags_or_options_absent 1
                break
            end
        end
        test (count $unparsed_tokens) -eq 0 -o \( -z "$is_repeating_positional" -a "$positional_index" -gt "$positional_count" \) && break
    end
end

function __sockeye_complete_directories
    set -l token (commandline -t)
    string match -- '*/' $token
    set -l subdirs $token*/
    printf %s\n $subdirs
end

function __sockeye_custom_completion
    set -x SAP_SHELL fish
    set -x SAP_SHELL_VERSION $FISH_VERSION
    set -l tokens (__sockeye_tokens -p)
    if test -z "$(__sockeye_tokens -t)"
        set -l index (count (__sockeye_tokens -pc))
        set tokens $tokens[..$index] \'\' $tokens[(math $index + 1)..]
    end
    command $tokens[1] $argv $tokens
end

complete -c 'sockeye' -f
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye" version' -l 'version' -d 'Show the version.'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_positional "sockeye" -eq 1' -fa 'list' -d 'List sockets now, with every process that holds them.'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_positional "sockeye" -eq 1' -fa 'who' -d 'Say who is behind one port, address, connection, path or process.'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_positional "sockeye" -eq 1' -fa 'watch' -d 'Show connections and processes as they begin and end, each with the process behind it.'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_positional "sockeye" -eq 1' -fa 'record' -d 'Record connections and processes into a database, until stopped.'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_positional "sockeye" -eq 1' -fa 'history' -d 'List recorded connections, with the processes that made them.'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_positional "sockeye" -eq 1' -fa 'sql' -d 'Ask what was recorded, and what lives, in SQL. Read-only.'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_positional "sockeye" -eq 1' -fa 'map' -d 'Say which process talks to which, and how often.'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_positional "sockeye" -eq 1' -fa 'spawn' -d 'Show how processes come into being: from main through the libraries into the kernel, and back.'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_positional "sockeye" -eq 1' -fa 'doctor' -d 'Try every source of knowledge on this host, and say what is missing, what is lost by it, and the remedy.'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_positional "sockeye" -eq 1' -fa 'netstat' -d 'Stand in for netstat(8) of net-tools 2.10: the same options, rows and exit status.'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_positional "sockeye" -eq 1' -fa 'ss' -d 'Stand in for ss(8) of iproute2 6.1: the same options, filters, rows and exit status.'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_positional "sockeye" -eq 1' -fa 'help' -d 'Show subcommand help information.'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye list" t tcp' -l 'tcp' -s 't' -d 'TCP.'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye list" u udp' -l 'udp' -s 'u' -d 'UDP.'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye list" raw w' -s 'w' -l 'raw' -d 'Raw IP.'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye list" unix x' -s 'x' -l 'unix' -d 'Unix.'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye list" udplite' -l 'udplite' -d 'UDP-Lite.'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye list" icmp' -l 'icmp' -d 'Ping (ICMP datagram).'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye list" M mptcp' -s 'M' -l 'mptcp' -d 'MPTCP.'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye list" S sctp' -s 'S' -l 'sctp' -d 'SCTP.'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye list" 0 packet' -s '0' -l 'packet' -d 'Packet.'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye list" netlink' -l 'netlink' -d 'Netlink.'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye list" vsock' -l 'vsock' -d 'Vsock.'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye list" xdp' -l 'xdp' -d 'XDP.'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye list" 4 ipv4' -s '4' -l 'ipv4' -d 'IPv4 sockets only.'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye list" 6 ipv6' -s '6' -l 'ipv6' -d 'IPv6 sockets only.'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye list" a all' -l 'all' -s 'a' -d 'Sockets in every state (default: listening and connected, without TIME_WAIT and SYN_RECV).'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye list" l listening' -l 'listening' -s 'l' -d 'Listening sockets only, and UDP sockets that wait for anybody.'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye list" tree' -l 'tree' -d 'Group sockets beneath their processes, and these beneath their ancestors.'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye list" i info' -l 'info' -s 'i' -d 'TCP from the inside: round trips, windows, retransmits, rates, bytes.'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye list" m memory' -l 'memory' -s 'm' -d 'Buffer memory.'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye list" timers' -l 'timers' -d 'The timer that runs.'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye list" columns' -l 'columns' -d 'Columns to show, by commas: see `sockeye list --help-columns`.' -rfka ''
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye list" sort' -l 'sort' -d 'Column to sort by; with - in front, the largest first. Records are not sorted without it.' -rfka ''
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye list" count' -l 'count' -d 'Print how many there are, and nothing else.'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye list" summary' -l 'summary' -d 'Counts by process, state and peer.'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye list" help-columns' -l 'help-columns' -d 'Explain the columns, and exit.'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye list" o output' -s 'o' -l 'output' -d 'Print as table, wide, json, jsonl or csv.' -rfka 'table wide json jsonl csv'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye list" json' -l 'json' -d 'The same as -o json.'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye list" jsonl' -l 'jsonl' -d 'The same as -o jsonl.'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye list" color' -l 'color' -d 'Colours: auto (on a terminal, unless NO_COLOR is set), always, never.' -rfka 'auto always never'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye list" n numeric' -s 'n' -l 'numeric' -d 'Numbers, no names looked up: the default, accepted for the sake of habit.'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye list" resolve' -l 'resolve' -d 'Look up names of addresses and services, for 2 s at most; what takes longer stays a number.'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye list" netns' -l 'netns' -d 'Network namespaces: all, current, a name of ip-netns(8), a path, a pid, or an inode.' -rfka ''
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye list" ask-socket' -l 'ask-socket' -d 'Duplicate each descriptor and ask the socket itself; report what disagrees with the kernel\'s tables.'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye list" holders-from' -l 'holders-from' -d 'Find holders by the BPF iterator, by /proc, or by whichever is cheaper here: iterator, proc, auto.' -rfka 'auto iterator proc'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye list" p processes' -s 'p' -l 'processes' -d 'Processes: always shown, accepted for habit.'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye list" version' -l 'version' -d 'Show the version.'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye list" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye who" limit' -l 'limit' -d 'How many cards at most; the rest is counted.' -rfka ''
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye who" netns' -l 'netns' -d 'Network namespaces: all, current, a name of ip-netns(8), a path, a pid, or an inode.' -rfka ''
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye who" since' -l 'since' -d 'Alive at this time or after it: see the forms above.' -rfka ''
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye who" until' -l 'until' -d 'Alive before this time.' -rfka ''
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye who" at' -l 'at' -d 'Alive at this time. It is as long as it was said: 03:12 is a minute, 03:12:09 a second.' -rfka ''
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye who" database' -l 'database' -d 'The recorder\'s database.' -rfka ''
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye who" o output' -s 'o' -l 'output' -d 'Print as table, wide, json, jsonl or csv.' -rfka 'table wide json jsonl csv'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye who" json' -l 'json' -d 'The same as -o json.'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye who" jsonl' -l 'jsonl' -d 'The same as -o jsonl.'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye who" color' -l 'color' -d 'Colours: auto (on a terminal, unless NO_COLOR is set), always, never.' -rfka 'auto always never'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye who" n numeric' -s 'n' -l 'numeric' -d 'Numbers, no names looked up: the default, accepted for the sake of habit.'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye who" resolve' -l 'resolve' -d 'Look up names of addresses and services, for 2 s at most; what takes longer stays a number.'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye who" version' -l 'version' -d 'Show the version.'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye who" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye watch" where' -l 'where' -d 'Only events of which this filter is sure: see the discussion of sockeye list.' -rfka ''
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye watch" count' -l 'count' -d 'End after so many events.' -rfka ''
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye watch" duration' -l 'duration' -d 'End after this time: 5s, 2m, 1h.' -rfka ''
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye watch"' -l 'follow-tree' -d 'Only what this process does, and what comes from it. Repeatable.' -rfka ''
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye watch" rate' -l 'rate' -d 'Show so many events a second of one kind by one program, and sum up the rest in one event a second; 0 is no limit (default: 1000 on a terminal, else 0).' -rfka ''
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye watch" time' -l 'time' -d 'Time of day (UTC), or seconds since the first event: absolute, relative.' -rfka 'absolute relative'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye watch" keep' -l 'keep' -d 'Remember closed connections and ended processes so long.' -rfka ''
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye watch" names' -l 'names' -d 'Name peers as name servers told their process (with dns anyway): 0.2 µs a packet of the host.'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye watch" ring-size' -l 'ring-size' -d 'Room for events between the kernel and sockeye: 4k to 1G, a power of two.' -rfka ''
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye watch"' -l 'watchlist' -d 'Mark what is on this list: see above. Repeatable.' -rfka ''
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye watch" own' -l 'own' -d 'Include what this sockeye does itself.'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye watch" o output' -s 'o' -l 'output' -d 'Print as table (text) or jsonl.' -rfka 'table jsonl'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye watch" jsonl' -l 'jsonl' -d 'The same as -o jsonl.'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye watch" color' -l 'color' -d 'Colours: auto (on a terminal, unless NO_COLOR is set), always, never.' -rfka 'auto always never'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye watch" n numeric' -s 'n' -l 'numeric' -d 'Accepted for the sake of habit: names are never looked up.'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye watch" version' -l 'version' -d 'Show the version.'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye watch" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye record" database' -l 'database' -d 'The database (default: /var/lib/sockeye/history.db). Its folder is made, with mode 700.' -rfka ''
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye record" keep-days' -l 'keep-days' -d 'Keep so many days; 0 is no limit (default: 30).' -rfka ''
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye record" max-size' -l 'max-size' -d 'Keep so much, at least 16M; the oldest goes first; 0 is no limit (default: 4G).' -rfka ''
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye record" row-at' -l 'row-at' -d 'Store a connection when it opens, or once, when it has closed (default: open).' -rfka 'open close'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye record" names' -l 'names' -d 'Record what name servers answer: 0.2 µs a packet of the host (default: --names).'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye record" no-names' -l 'no-names' -d 'Record what name servers answer: 0.2 µs a packet of the host (default: --names).'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye record" modules' -l 'modules' -d 'Record which libraries each process maps: some rows a process (default: --no-modules).'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye record" no-modules' -l 'no-modules' -d 'Record which libraries each process maps: some rows a process (default: --no-modules).'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye record" ring-size' -l 'ring-size' -d 'Room for events between the kernel and sockeye: 4k to 1G, a power of two (default: 16M).' -rfka ''
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye record"' -l 'watchlist' -d 'Mark what is on this list: see above. Repeatable.' -rfka ''
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye record" config' -l 'config' -d 'The configuration file (default: /etc/sockeye/config.toml, where there is one).' -rfka ''
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye record" check' -l 'check' -d 'Check the configuration, print what holds, and end.'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye record" set-aside' -l 'set-aside' -d 'Rename a damaged database and begin a new one.'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye record" status' -l 'status' -d 'Ask the recorder of the database how it is doing, and end.'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye record" flush' -l 'flush' -d 'Have the recorder write everything that happened until now, and end.'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye record" o output' -s 'o' -l 'output' -d 'Print the status as table or json.' -rfka 'table json'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye record" json' -l 'json' -d 'The same as -o json.'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye record" color' -l 'color' -d 'Colours: auto (on a terminal, unless NO_COLOR is set), always, never.' -rfka 'auto always never'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye record" version' -l 'version' -d 'Show the version.'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye record" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye history" since' -l 'since' -d 'Alive at this time or after it: see the forms above.' -rfka ''
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye history" until' -l 'until' -d 'Alive before this time.' -rfka ''
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye history" at' -l 'at' -d 'Alive at this time. It is as long as it was said: 03:12 is a minute, 03:12:09 a second.' -rfka ''
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye history" sort' -l 'sort' -d 'newest, oldest, longest, sent or received first.' -rfka 'newest oldest longest sent received'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye history" limit' -l 'limit' -d 'How many connections at most.' -rfka ''
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye history" after' -l 'after' -d 'Go on behind this place: what the page before printed at its end.' -rfka ''
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye history"' -l 'watchlist' -d 'Mark what is on this list: see above. Repeatable.' -rfka ''
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye history" database' -l 'database' -d 'The recorder\'s database.' -rfka ''
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye history" o output' -s 'o' -l 'output' -d 'Print as table, wide, json, jsonl or csv.' -rfka 'table wide json jsonl csv'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye history" json' -l 'json' -d 'The same as -o json.'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye history" jsonl' -l 'jsonl' -d 'The same as -o jsonl.'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye history" color' -l 'color' -d 'Colours: auto (on a terminal, unless NO_COLOR is set), always, never.' -rfka 'auto always never'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye history" n numeric' -s 'n' -l 'numeric' -d 'Numbers, no names looked up: the default, accepted for the sake of habit.'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye history" resolve' -l 'resolve' -d 'Look up names of addresses and services, for 2 s at most; what takes longer stays a number.'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye history" version' -l 'version' -d 'Show the version.'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye history" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye sql" database' -l 'database' -d 'The recorder\'s database.' -rfka ''
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye sql" schema' -l 'schema' -d 'Print the views and their columns, and exit.'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye sql" max-time' -l 'max-time' -d 'Give up after so long: 500ms, 5s, 2m, 1h.' -rfka ''
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye sql" max-memory' -l 'max-memory' -d 'Give up beyond so much of SQLite\'s memory: 64M, 1G.' -rfka ''
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye sql" o output' -s 'o' -l 'output' -d 'Print as table, wide, json, jsonl or csv.' -rfka 'table wide json jsonl csv'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye sql" json' -l 'json' -d 'The same as -o json.'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye sql" jsonl' -l 'jsonl' -d 'The same as -o jsonl.'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye sql" color' -l 'color' -d 'Colours: auto (on a terminal, unless NO_COLOR is set), always, never.' -rfka 'auto always never'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye sql" n numeric' -s 'n' -l 'numeric' -d 'Numbers, no names looked up: the default, accepted for the sake of habit.'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye sql" resolve' -l 'resolve' -d 'Look up names of addresses and services, for 2 s at most; what takes longer stays a number.'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye sql" version' -l 'version' -d 'Show the version.'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye sql" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye map" by' -l 'by' -d 'What stands for a process: executable, unit, container, process (default: executable).' -rfka 'executable unit container process'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye map" policy' -l 'policy' -d 'Print what is seen as an allow-list (YAML).'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye map" check' -l 'check' -d 'Print only what this allow-list does not allow.' -rfka ''
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye map" since' -l 'since' -d 'Alive at this time or after it: see the forms above.' -rfka ''
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye map" until' -l 'until' -d 'Alive before this time.' -rfka ''
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye map" at' -l 'at' -d 'Alive at this time. It is as long as it was said: 03:12 is a minute, 03:12:09 a second.' -rfka ''
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye map" database' -l 'database' -d 'The recorder\'s database.' -rfka ''
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye map" live' -l 'live' -d 'With --since: also what lives now, each connection once.'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye map" o output' -s 'o' -l 'output' -d 'Print as table, json, jsonl, csv, dot or svg.' -rfka 'table json jsonl csv dot svg'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye map" json' -l 'json' -d 'The same as -o json.'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye map" color' -l 'color' -d 'Colours: auto (on a terminal, unless NO_COLOR is set), always, never.' -rfka 'auto always never'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye map" version' -l 'version' -d 'Show the version.'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye map" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye spawn" p pid' -s 'p' -l 'pid' -d 'Follow this process, what has come from it and what comes.' -rfka ''
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye spawn" a all' -s 'a' -l 'all' -d 'Follow every process of the host but sockeye.'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye spawn" full' -l 'full' -d 'Show threads, exits, every attempt of a search, and the kernel\'s functions inside each call: all of them by function_graph where the kernel has it, else those that its tracepoints see. The calls take several times as long.'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye spawn" no-function-graph' -l 'no-function-graph' -d 'With --full: tracepoints only. function_graph slows the kernel of the whole host while the trace runs.'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye spawn" o output' -s 'o' -l 'output' -d 'Print as tree, table or json.' -rfka 'tree table json'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye spawn" table' -l 'table' -d 'The same as -o table: the time of each step of each process, in µs.'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye spawn" json' -l 'json' -d 'The same as -o json.'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye spawn" repeat' -l 'repeat' -d 'Run the COMMAND so often, and print minimum, median and 99th percentile of each step.' -rfka ''
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye spawn" trace' -l 'trace' -d 'Write Chrome trace events, which Perfetto opens, to a file too.' -rfka ''
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye spawn" svg' -l 'svg' -d 'Write a picture of the timeline to a file too.' -rfka ''
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye spawn" duration' -l 'duration' -d 'End after this time: 5s, 2m, 1h.' -rfka ''
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye spawn" no-places' -l 'no-places' -d 'Leave the times on the way to main out: no uprobes, which cost some 0.1 ms a program.'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye spawn" perf' -l 'perf' -d 'Trace by perf\'s samples, as is done where BPF may not be used: user stacks of 64 KiB at most, and no first run.'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye spawn" ptrace' -l 'ptrace' -d 'Trace by ptrace, as is done without the right to either: no kernel part, and slow.'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye spawn" color' -l 'color' -d 'Colours: auto (on a terminal, unless NO_COLOR is set), always, never.' -rfka 'auto always never'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye spawn" version' -l 'version' -d 'Show the version.'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye spawn" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye doctor" o output' -s 'o' -l 'output' -d 'Print as table, wide, json, jsonl or csv.' -rfka 'table wide json jsonl csv'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye doctor" json' -l 'json' -d 'The same as -o json.'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye doctor" jsonl' -l 'jsonl' -d 'The same as -o jsonl.'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye doctor" color' -l 'color' -d 'Colours: auto (on a terminal, unless NO_COLOR is set), always, never.' -rfka 'auto always never'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye doctor" n numeric' -s 'n' -l 'numeric' -d 'Numbers, no names looked up: the default, accepted for the sake of habit.'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye doctor" resolve' -l 'resolve' -d 'Look up names of addresses and services, for 2 s at most; what takes longer stays a number.'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye doctor" version' -l 'version' -d 'Show the version.'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye doctor" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_positional "sockeye netstat" -ge 1' -fka '-2 -A -C -F -M -N -S -U -V -W -Z -a -c -e -f -g -h -i -l -n -o -p -r -s -t -u -v -w -x -4 -6 --ax25 --x25 --ip --ipx --appletalk --netrom --inet --inet6 --ddp --rose --unix --bluetooth --tcpip --version --interfaces --help --route --masquerade --protocol --tcp --sctp --udp --udplite --raw --unix --l2cap --rfcomm --listening --all --timers --continuous --extend --programs --verbose --statistics --wide --numeric --numeric-hosts --numeric-ports --numeric-users --symbolic --cache --fib --groups --context --better'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye netstat" version' -l 'version' -d 'Show the version.'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye netstat" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_positional "sockeye ss" -ge 1' -fka '-d -h -a -l -e -t -u -w -x -n -r -o -4 -6 -0 -s -p -T -b -E -f -m -M -i -A -D -F -v -V -z -Z -N -K -H -S -O --numeric --resolve --options --extended --memory --info --processes --threads --bpf --events --dccp --tcp --sctp --udp --raw --unix --tipc --vsock --all --listening --ipv4 --ipv6 --packet --family --socket --query --summary --diag --filter --version --help --context --contexts --net --tipcinfo --tos --cgroup --kill --no-header --xdp --mptcp --oneline --inet-sockopt'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye ss" version' -l 'version' -d 'Show the version.'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye ss" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'sockeye' -n '__sockeye_should_offer_completions_for_flags_or_options "sockeye help" version' -l 'version' -d 'Show the version.'
