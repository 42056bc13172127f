// io_uring without a library: one operation at a time.
#include "fixture.h"

#include <linux/io_uring.h>

static struct {
  int descriptor;
  void *entries;
  uint32_t *tail, *head, *array;
  uint32_t *completion_head, *completion_tail;
  struct io_uring_cqe *completions;
} ring = {.descriptor = -1};

int make_ring(void) {
  struct io_uring_params parameters = {0};
  ring.descriptor = (int)syscall(SYS_io_uring_setup, 4, &parameters);
  if (ring.descriptor < 0) return -1;
  char *memory = mmap(NULL, 1 << 16, PROT_READ | PROT_WRITE, MAP_SHARED, ring.descriptor, IORING_OFF_SQ_RING);
  ring.entries = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, ring.descriptor, IORING_OFF_SQES);
  if (memory == MAP_FAILED) {
    size_t size = parameters.cq_off.cqes + parameters.cq_entries * sizeof(struct io_uring_cqe);
    memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, ring.descriptor, IORING_OFF_SQ_RING);
  }
  require(memory != MAP_FAILED && ring.entries != MAP_FAILED, "mmap ring");
  ring.head = (uint32_t *)(memory + parameters.sq_off.head);
  ring.tail = (uint32_t *)(memory + parameters.sq_off.tail);
  ring.array = (uint32_t *)(memory + parameters.sq_off.array);
  ring.completion_head = (uint32_t *)(memory + parameters.cq_off.head);
  ring.completion_tail = (uint32_t *)(memory + parameters.cq_off.tail);
  ring.completions = (struct io_uring_cqe *)(memory + parameters.cq_off.cqes);
  return 0;
}

int do_in_ring(uint8_t operation, int descriptor, const void *address, uint32_t length, uint64_t offset) {
  uint32_t tail = *ring.tail, slot = tail & 3;
  struct io_uring_sqe *entry = (struct io_uring_sqe *)ring.entries + slot;
  *entry = (struct io_uring_sqe){.opcode = operation, .fd = descriptor, .len = length, .off = offset};
  entry->addr = (uint64_t)(uintptr_t)address;
  ring.array[slot] = slot;
  __atomic_store_n(ring.tail, tail + 1, __ATOMIC_RELEASE);
  require(syscall(SYS_io_uring_enter, ring.descriptor, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) == 1, "io_uring_enter");
  uint32_t head = *ring.completion_head;
  require(__atomic_load_n(ring.completion_tail, __ATOMIC_ACQUIRE) != head, "completion");
  int result = ring.completions[head & 7].res;
  __atomic_store_n(ring.completion_head, head + 1, __ATOMIC_RELEASE);
  return result;
}
