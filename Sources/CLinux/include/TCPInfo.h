// `struct tcp_info` of linux/tcp.h, which is longer than that of netinet/tcp.h in Swift's Glibc module. Both may be
// seen by one Swift file, so the kernel's structures get names of their own here.
#pragma once
#define tcp_info linux_tcp_info
#define tcp_zerocopy_receive linux_tcp_zerocopy_receive
#define tcp_md5sig linux_tcp_md5sig
#define tcp_diag_md5sig linux_tcp_diag_md5sig
#define tcp_repair_opt linux_tcp_repair_opt
#define tcp_repair_window linux_tcp_repair_window
#define tcphdr linux_tcphdr
#include <linux/tcp.h>
#undef tcp_info
#undef tcphdr
#undef tcp_zerocopy_receive
#undef tcp_md5sig
#undef tcp_diag_md5sig
#undef tcp_repair_opt
#undef tcp_repair_window
