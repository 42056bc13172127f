#pragma once
#include <elfutils/libdw.h>
#include <gelf.h>
#include <libelf.h>
#include <stdbool.h>

#include "CUnwind.h"

struct cunwind_image {
  int descriptor, debug_descriptor;
  Elf *elf;
  Elf *debug_elf;  // the build id's file below /usr/lib/debug
  Elf *mini_elf;   // .gnu_debugdata, unpacked into mini_bytes
  void *mini_bytes;
  uint64_t entry, slot_base;
  int is_i386;
  char *interpreter;
  struct cunwind_segment *segments;
  size_t segment_count;
  uint8_t build_id[32];
  size_t build_id_size;

  int has_symbols, has_rules;
  struct cunwind_symbol *symbols;
  size_t symbol_count, symbol_room;
  struct cunwind_import *imports;
  size_t import_count, import_room;

  Dwarf_CFI *eh_frame;
  Dwarf *dwarf[3];
  Dwarf_CFI *debug_frames[3];
};

void read_build_id(struct cunwind_image *image, const GElf_Phdr *program);
void read_slot_base(struct cunwind_image *image, const GElf_Phdr *program);
void read_symbols(struct cunwind_image *image);
void free_symbols(struct cunwind_image *image);
// Whether libdw may be asked for rows of the table; false also where there is none.
bool is_eh_frame_sound(Elf *elf);
bool is_debug_frame_sound(Elf *elf);
// Whether there is a .debug_frame, and libdw may be given the file for it.
bool may_be_unpacked(Elf *elf);
// Makes room for one element more; false when there is none.
int grown(void **list, size_t count, size_t *room, size_t size);
void open_companions(struct cunwind_image *image);
