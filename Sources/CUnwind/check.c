// Reads all call frame information of a table once, before libdw is asked for a row.
//
// libdw (0.188) makes room for whatever register a rule names, and a copy of the row for each DW_CFA_remember_state: a file
// made for it takes all memory.
#include <dwarf.h>
#include <stdlib.h>
#include <string.h>

#include "image.h"

// The next section after `section` by one of the names: the first is where libdw looks.
static Elf_Scn *section_named(Elf *elf, Elf_Scn *section, const char *name, const char *other) {
  size_t names;
  if (elf_getshdrstrndx(elf, &names) != 0) return NULL;
  while ((section = elf_nextscn(elf, section))) {
    GElf_Shdr header;
    const char *found = gelf_getshdr(section, &header) ? elf_strptr(elf, names, header.sh_name) : NULL;
    if (found && (strcmp(found, name) == 0 || strcmp(found, other) == 0)) return section;
  }
  return NULL;
}

enum { LARGEST_REGISTER = 127, LONGEST_PROGRAM = 1 << 16, MOST_UNPACKED = 256 << 20 };

struct cursor {
  const uint8_t *at, *end;
  bool is_short, is_odd;
};

static uint64_t take(struct cursor *cursor, size_t size) {
  uint64_t value = 0;
  if ((size_t)(cursor->end - cursor->at) < size) {
    cursor->is_short = true;
    cursor->at = cursor->end;
    return 0;
  }
  for (size_t index = 0; index < size && index < 8; index++) value |= (uint64_t)cursor->at[index] << (8 * index);
  cursor->at += size;
  return value;
}

// LEB128, of either sign: what has more than 63 bits is large. Of more than 10 bytes libdw makes something else.
static uint64_t take_number(struct cursor *cursor) {
  uint64_t value = 0;
  for (unsigned shift = 0;; shift += 7) {
    uint64_t byte = take(cursor, 1);
    if (shift > 63) cursor->is_odd = true;
    if (shift < 63) value |= (byte & 0x7f) << shift;
    else if (byte & 0x7f) value = UINT64_MAX;
    if (!(byte & 0x80)) return value;
  }
}

static bool is_register(struct cursor *cursor) { return take_number(cursor) <= LARGEST_REGISTER; }

// True as far as libdw would follow it: it stops where a program is cut short or has an operation that nobody knows.
static bool is_program_sound(const uint8_t *start, const uint8_t *end) {
  struct cursor cursor = {.at = start, .end = end};
  if (end - start > LONGEST_PROGRAM) return false;
  while (cursor.at < cursor.end && !cursor.is_odd) {
    uint8_t operation = (uint8_t)take(&cursor, 1);
    switch (operation & 0xc0) {
    case DW_CFA_offset: take_number(&cursor); continue;
    case DW_CFA_advance_loc:
    case DW_CFA_restore: continue;
    default: break;
    }
    switch (operation) {
    case DW_CFA_nop:
    case DW_CFA_remember_state:
    case DW_CFA_restore_state:
    case DW_CFA_GNU_window_save: continue;
    case DW_CFA_advance_loc1: take(&cursor, 1); continue;
    case DW_CFA_advance_loc2: take(&cursor, 2); continue;
    case DW_CFA_advance_loc4: take(&cursor, 4); continue;
    case DW_CFA_MIPS_advance_loc8: take(&cursor, 8); continue;
    case DW_CFA_def_cfa_offset:
    case DW_CFA_def_cfa_offset_sf:
    case DW_CFA_GNU_args_size: take_number(&cursor); continue;
    case DW_CFA_def_cfa_expression: take(&cursor, take_number(&cursor)); continue;
    case DW_CFA_restore_extended:
    case DW_CFA_undefined:
    case DW_CFA_same_value:
    case DW_CFA_def_cfa_register:
      if (!is_register(&cursor)) return false;
      continue;
    case DW_CFA_offset_extended:
    case DW_CFA_offset_extended_sf:
    case DW_CFA_def_cfa:
    case DW_CFA_def_cfa_sf:
    case DW_CFA_val_offset:
    case DW_CFA_val_offset_sf:
    case DW_CFA_GNU_negative_offset_extended:
      if (!is_register(&cursor)) return false;
      take_number(&cursor);
      continue;
    case DW_CFA_register:
      if (!is_register(&cursor) || !is_register(&cursor)) return false;
      continue;
    case DW_CFA_expression:
    case DW_CFA_val_expression:
      if (!is_register(&cursor)) return false;
      take(&cursor, take_number(&cursor));
      continue;
    case DW_CFA_set_loc: return false;  // its operand's size depends; no compiler writes it
    default: return true;
    }
  }
  return !cursor.is_odd;
}

// How many bytes an address of the CIE's FDEs has; 0 where that differs or is not known. `word`: a pointer of the machine's.
static size_t address_size(const Dwarf_CIE *cie, size_t word) {
  if (cie->augmentation[0] == 0) return word;
  if (cie->augmentation[0] != 'z' || !cie->augmentation_data) return 0;
  struct cursor cursor = {.at = cie->augmentation_data,
                          .end = cie->augmentation_data + cie->augmentation_data_size};
  const size_t sizes[16] = {word, 0, 2, 4, 8, 0, 0, 0, word, 0, 2, 4, 8};
  for (const char *letter = cie->augmentation + 1; *letter; letter++) {
    uint8_t encoding;
    switch (*letter) {
    case 'R': encoding = (uint8_t)take(&cursor, 1); return cursor.is_short ? 0 : sizes[encoding & 0xf];
    case 'L': take(&cursor, 1); break;
    case 'P':
      encoding = (uint8_t)take(&cursor, 1);
      if (!sizes[encoding & 0xf] || (encoding & 0x70) == DW_EH_PE_aligned) return 0;
      take(&cursor, sizes[encoding & 0xf]);
      break;
    case 'S':
    case 'B': break;
    default: return 0;
    }
  }
  return word;
}

static bool is_function_sound(const Dwarf_FDE *fde, const Dwarf_CIE *cie, size_t size) {
  struct cursor cursor = {.at = fde->start, .end = fde->end};
  take(&cursor, 2 * size);
  if (cie->augmentation[0] == 'z') take(&cursor, take_number(&cursor));
  return !cursor.is_odd && is_program_sound(cursor.at, fde->end);
}

// Where the entries begin that were read: what the search table leads to must be among them.
struct places {
  uint64_t *list;
  size_t count, room;
};

static bool is_table_sound(Elf *elf, Elf_Data *data, bool is_eh_frame, struct places *places) {
  const unsigned char *identification = (const unsigned char *)elf_getident(elf, NULL);
  Dwarf_Off offset = 0, next, cie_offset = (Dwarf_Off)-1;
  Dwarf_CFI_Entry entry, cie;
  size_t size = 0;
  int status;
  if (!data || !data->d_buf || !identification) return false;
  // Where it fails it does not know where to go on, and ends.
  for (; (status = dwarf_next_cfi(identification, data, is_eh_frame, offset, &next, &entry)) == 0; offset = next) {
    if (dwarf_cfi_cie_p(&entry)) continue;
    if (!grown((void **)&places->list, places->count, &places->room, sizeof *places->list)) return false;
    places->list[places->count++] = offset;
    if (entry.fde.CIE_pointer != cie_offset) {
      Dwarf_Off behind;
      cie_offset = entry.fde.CIE_pointer;
      bool is_known = dwarf_next_cfi(identification, data, is_eh_frame, cie_offset, &behind, &cie) == 0 &&
                      dwarf_cfi_cie_p(&cie) &&
                      is_program_sound(cie.cie.initial_instructions, cie.cie.initial_instructions_end);
      size = is_known ? address_size(&cie.cie, identification[EI_CLASS] == ELFCLASS32 ? 4 : 8) : 0;
    }
    if (size == 0 || !is_function_sound(&entry.fde, &cie.cie, size)) return false;
  }
  return true;
}

static int by_place(const void *left, const void *right) {
  uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
  return a < b ? -1 : a > b;
}

// .eh_frame_hdr: version 1, encodings of its pointer (0x1b), its count (3) and its table (0x3b), as linkers write them; then
// pairs of 32-bit distances from itself, to the function and to the entry.
static bool is_search_sound(Elf_Scn *section, uint64_t frame, const struct places *places) {
  GElf_Shdr header;
  Elf_Data *data = elf_rawdata(section, NULL);
  if (!gelf_getshdr(section, &header) || !data || !data->d_buf || data->d_size < 12) return false;
  struct cursor cursor = {.at = data->d_buf, .end = (const uint8_t *)data->d_buf + data->d_size};
  uint64_t encodings = take(&cursor, 4);
  // The linker could not make a table.
  if (encodings == 0xffff1b01) return true;
  if (encodings != 0x3b031b01 || places->count == 0) return false;
  if (header.sh_addr + 4 + (uint64_t)(int32_t)take(&cursor, 4) != frame) return false;
  uint64_t count = take(&cursor, 4);
  if (count > (uint64_t)(cursor.end - cursor.at) / 8) return false;
  for (; count > 0; count--) {
    take(&cursor, 4);
    uint64_t place = header.sh_addr + (uint64_t)(int32_t)take(&cursor, 4) - frame;
    if (!bsearch(&place, places->list, places->count, sizeof place, by_place)) return false;
  }
  return true;
}

// libdw unpacks all debugging sections at once.
bool may_be_unpacked(Elf *elf) {
  uint64_t total = 0;
  size_t names;
  if (!section_named(elf, NULL, ".debug_frame", ".zdebug_frame") || elf_getshdrstrndx(elf, &names) != 0) return false;
  for (Elf_Scn *section = NULL; (section = elf_nextscn(elf, section));) {
    GElf_Shdr header;
    GElf_Chdr packed;
    const char *name = gelf_getshdr(section, &header) ? elf_strptr(elf, names, header.sh_name) : NULL;
    // "ZLIB", and the size from its highest byte on.
    Elf_Data *data = name && strncmp(name, ".zdebug", 7) == 0 ? elf_rawdata(section, NULL) : NULL;
    uint64_t size = 0;
    if (data && data->d_buf && data->d_size >= 12)
      for (int index = 4; index < 12; index++) size = size << 8 | ((const uint8_t *)data->d_buf)[index];
    else if (name && header.sh_flags & SHF_COMPRESSED && gelf_getchdr(section, &packed)) size = packed.ch_size;
    if (size > MOST_UNPACKED - total) return false;
    total += size;
  }
  return true;
}

bool is_debug_frame_sound(Elf *elf) {
  struct places places = {0};
  Elf_Scn *section = section_named(elf, NULL, ".debug_frame", ".zdebug_frame");
  bool is_sound = section && is_table_sound(elf, elf_getdata(section, NULL), false, &places);
  free(places.list);
  return is_sound;
}

bool is_eh_frame_sound(Elf *elf) {
  struct places places = {0};
  GElf_Shdr header;
  Elf_Scn *section = section_named(elf, NULL, ".eh_frame", ".eh_frame"), *search = NULL;
  bool is_sound = section && gelf_getshdr(section, &header) &&
                  is_table_sound(elf, elf_rawdata(section, NULL), true, &places);
  while (is_sound && (search = section_named(elf, search, ".eh_frame_hdr", ".eh_frame_hdr")))
    is_sound = is_search_sound(search, header.sh_addr, &places);
  free(places.list);
  return is_sound;
}
