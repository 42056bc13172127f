// Raw, ICMP and packet sockets on the loopback of an own namespace.
#include "fixture.h"

#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>
#include <netinet/ip.h>

struct counts {
  unsigned sent_packets, sent_bytes, received_packets, received_bytes;
};

static void print_counts(const char *name, const struct counts *counts) {
  printf("%s %d %u %u %u %u\n", name, getpid(), counts->sent_packets, counts->sent_bytes, counts->received_packets,
         counts->received_bytes);
}

/// `count` echo requests of different lengths; then everything that arrives. `length` is of an IPv6 or IPv4 address.
static void exchange(const char *name, int connection, const void *address, socklen_t length, uint8_t type, int count) {
  struct counts counts = {0};
  if (connection < 0) {
    printf("%s-refused %d\n", name, errno);
    return;
  }
  uint8_t packet[256] = {type};
  for (int index = 0; index < count; index++) {
    struct icmphdr *header = (struct icmphdr *)packet;
    size_t size = sizeof *header + (size_t)index;
    header->un.echo.sequence = htons((uint16_t)index);
    // ICMPv6 checksums are the kernel's business.
    header->checksum = 0;
    uint32_t sum = 0;
    for (size_t at = 0; at < size; at += 2) sum += (uint32_t)(packet[at] << 8 | (at + 1 < size ? packet[at + 1] : 0));
    sum = (sum >> 16) + (sum & 0xffff);
    header->checksum = htons((uint16_t)~(sum + (sum >> 16)));
    // Every other by sendmsg(2).
    struct iovec part = {packet, size};
    struct msghdr message = {.msg_name = (void *)address, .msg_namelen = length, .msg_iov = &part, .msg_iovlen = 1};
    ssize_t sent = index & 1 ? sendmsg(connection, &message, 0) : sendto(connection, packet, size, 0, address, length);
    require(sent == (ssize_t)size, name);
    counts.sent_packets += 1;
    counts.sent_bytes += (unsigned)sent;
  }
  usleep(20000);
  char buffer[512];
  ssize_t got;
  while ((got = recv(connection, buffer, sizeof buffer, MSG_DONTWAIT)) >= 0) {
    counts.received_packets += 1;
    counts.received_bytes += (unsigned)got;
  }
  close(connection);
  print_counts(name, &counts);
}

int run_raw(void) {
  enter_own_namespace();
  struct sockaddr_in v4 = loopback(0);
  struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
  exchange("raw4", socket(AF_INET, SOCK_RAW, IPPROTO_ICMP), &v4, sizeof v4, ICMP_ECHO, 7);
  exchange("raw6", socket(AF_INET6, SOCK_RAW, IPPROTO_ICMPV6), &v6, sizeof v6, ICMP6_ECHO_REQUEST, 5);
  int range = open("/proc/sys/net/ipv4/ping_group_range", O_WRONLY | O_CLOEXEC);
  if (range >= 0 && write(range, "0 1000000", 9) != 9) perror("ping_group_range");
  exchange("icmp4", socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP), &v4, sizeof v4, ICMP_ECHO, 11);
  exchange("icmp6", socket(AF_INET6, SOCK_DGRAM, IPPROTO_ICMPV6), &v6, sizeof v6, ICMP6_ECHO_REQUEST, 3);
  int connected = socket(AF_INET, SOCK_RAW, 253);
  require(connect(connected, (struct sockaddr *)&v4, sizeof v4) == 0, "connect raw");
  struct counts counts = {3, 3 * 19, 0, 0};
  char bytes[64] = {0};
  for (int index = 0; index < 3; index++) require(send(connected, bytes, 19, 0) == 19, "send raw");
  while (recv(connected, bytes, sizeof bytes, MSG_DONTWAIT) >= 0) {
    counts.received_packets += 1;
    counts.received_bytes += 19 + sizeof(struct iphdr);
  }
  close(connected);
  print_counts("connected", &counts);

  fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    int sender = socket(AF_PACKET, SOCK_DGRAM, 0);
    struct sockaddr_ll link = {.sll_family = AF_PACKET, .sll_protocol = htons(0x88b5), .sll_halen = 6};
    link.sll_ifindex = (int)if_nametoindex("lo");
    memcpy(link.sll_addr, "\x02\x00\x5e\x00\x53\xff", 6);
    require(bind(sender, (struct sockaddr *)&link, sizeof link) == 0, "bind packet");
    counts = (struct counts){13, 13 * 41, 0, 0};
    for (int index = 0; index < 13; index++)
      require(sendto(sender, bytes, 41, 0, (struct sockaddr *)&link, sizeof link) == 41, "send packet");
    print_counts("packet", &counts);
    fflush(stdout);
    _exit(0);
  }
  waitpid(child, NULL, 0);
  return 0;
}
