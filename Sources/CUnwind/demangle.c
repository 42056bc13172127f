// Names as people write them. A file chooses its names, and some hundred bytes can stand for gigabytes by references to what
// was said before: names that may do that stay as they are.
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "CUnwind.h"

enum { LONGEST_NAME = 1 << 14, LARGEST_GROWTH = 1 << 20 };

// Of libstdc++, and of the Swift runtime: both are in every program of ours.
char *__cxa_demangle(const char *name, char *buffer, size_t *size, int *status);
char *swift_demangle(const char *name, size_t length, char *buffer, size_t *size, uint32_t flags);

static bool is_digit(char letter) { return letter >= '0' && letter <= '9'; }
static bool is_small(char letter) { return letter >= 'a' && letter <= 'z'; }

// How many copies of what was said before stand here. C++: `S_`, `S1A_`, `T0_` are one; `Dp` is one for each of a pack.
static uint64_t copies_cxx(const char *name, size_t length) {
  if (strncmp(name, "Dp", 2) == 0) return length;
  if (*name != 'S' && *name != 'T') return 0;
  name += 1 + strspn(name + 1, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ");
  return *name == '_';
}

// Swift: `A2E` is twice what was said fifth, `A3b2C` three times and twice.
static uint64_t copies_swift(const char *name) {
  uint64_t copies = 0;
  if (*name != 'A') return 0;
  for (name++;; name++) {
    uint64_t number = 0;
    for (; is_digit(*name) && number <= LARGEST_GROWTH; name++) number = number * 10 + (uint64_t)(*name - '0');
    copies += number ? number : 1;
    if (!is_small(*name) || copies > LARGEST_GROWTH) return copies;
  }
}

// Letters inside identifiers are taken for references too, so the estimate is never too low.
static bool may_grow(const char *name, bool is_swift) {
  uint64_t growth = 1;
  size_t length = strnlen(name, LONGEST_NAME + 1);
  if (length > LONGEST_NAME) return true;
  for (; *name && growth <= LARGEST_GROWTH; name++)
    growth *= 1 + (is_swift ? copies_swift(name) : copies_cxx(name, length));
  return growth > LARGEST_GROWTH;
}

char *cunwind_demangle(const char *name) {
  bool is_swift = strncmp(name, "$s", 2) == 0 || strncmp(name, "$S", 2) == 0;
  if ((!is_swift && strncmp(name, "_Z", 2) != 0) || may_grow(name, is_swift)) return NULL;
  int status = 0;
  char *text = is_swift ? swift_demangle(name, strlen(name), NULL, NULL, 0) : __cxa_demangle(name, NULL, NULL, &status);
  if (!text || strlen(text) <= LONGEST_NAME) return text;
  free(text);
  return NULL;
}

void cunwind_release(char *name) { free(name); }
