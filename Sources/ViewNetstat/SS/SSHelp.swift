/// What `ss -h` prints.
public enum SSHelp {
  public static let text = """
    Usage: ss [ OPTIONS ] [ FILTER ]
    Sockets as ss(8) of iproute2 6.1 shows them, by sockeye.

      -h, --help            print this
      -V, -v, --version     print the version that this stands for
      -H, --no-header       no line with the names of the columns
      -O, --oneline         each socket on one line
      -n, --numeric         no names of services
      -r, --resolve         names of hosts
      -a, --all             every state
      -l, --listening       listening and unconnected sockets only
      -o, --options         timers
      -e, --extended        owner, inode, cookie, and more
      -m, --memory          memory in use
      -p, --processes       processes that hold the socket
      -T, --threads         threads that hold the socket
      -i, --info            TCP from the inside
          --tipcinfo        TIPC from the inside
          --tos             type of service, traffic class and priority
          --cgroup          control group
          --inet-sockopt    options of internet sockets
      -b, --bpf             the filter of a packet socket
      -s, --summary         counts
      -E, --events          sockets as they end
      -K, --kill            close the sockets that are shown
      -Z, --context         SELinux context of processes
      -z, --contexts        that, and of sockets
      -N, --net=NAME        in that network namespace

      -4, --ipv4            -6, --ipv6            -0, --packet          -x, --unix
      -t, --tcp             -u, --udp             -w, --raw             -d, --dccp
      -S, --sctp            -M, --mptcp           --tipc                --vsock
      --xdp
      -f, --family=FAMILY   inet, inet6, link, unix, netlink, vsock, tipc, xdp, help
      -A, --query=QUERY, --socket=QUERY
                            tables, separated by commas; ! before one leaves it out: all, inet, tcp, mptcp, udp,
                            raw, unix, unix_dgram, unix_stream, unix_seqpacket, packet, packet_raw, packet_dgram,
                            netlink, dccp, sctp, vsock_stream, vsock_dgram, tipc, xdp

      -D, --diag=FILE       write the kernel's answer about TCP to FILE
      -F, --filter=FILE     read the filter from FILE

      FILTER := [ state STATE | exclude STATE ]... [ EXPRESSION ]
      STATE := established, syn-sent, syn-recv, fin-wait-1, fin-wait-2, time-wait, closed, close-wait, last-ack,
               listening, closing; all, connected, synchronized, bucket, big
      EXPRESSION := src ADDRESS, dst ADDRESS, sport OP PORT, dport OP PORT, dev = NAME, fwmark = MARK,
               cgroup = PATH, autobound; joined by and, or, not and ( ), from left to right

    """
}
