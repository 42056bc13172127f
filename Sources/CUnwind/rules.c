#include <dwarf.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "image.h"

static void open_rules(struct cunwind_image *image) {
  if (image->has_rules) return;
  image->has_rules = 1;
  if (is_eh_frame_sound(image->elf)) image->eh_frame = dwarf_getcfi_elf(image->elf);
  open_companions(image);
  Elf *files[] = {image->elf, image->debug_elf, image->mini_elf};
  for (size_t file = 0; file < 3; file++) {
    if (!files[file] || !may_be_unpacked(files[file])) continue;
    image->dwarf[file] = dwarf_begin_elf(files[file], DWARF_C_READ, NULL);
    // Unpacked by now.
    if (image->dwarf[file] && is_debug_frame_sound(files[file]))
      image->debug_frames[file] = dwarf_getcfi(image->dwarf[file]);
  }
}

// Copies an expression into the row; false when it has no room.
static bool keep(struct cunwind_row *row, struct cunwind_rule *rule, const Dwarf_Op *operations, size_t count) {
  if (row->operation_count + count > CUNWIND_OPERATIONS) return false;
  rule->first = (uint8_t)row->operation_count;
  rule->count = (uint8_t)count;
  for (size_t index = 0; index < count; index++) {
    row->operations[row->operation_count++] = (struct cunwind_operation){
      .atom = operations[index].atom, .first = operations[index].number, .second = operations[index].number2};
  }
  return true;
}

static bool fill(struct cunwind_row *row, Dwarf_Frame *frame) {
  Dwarf_Op *operations;
  size_t count;
  bool is_signal = false;
  int register_of_return = dwarf_frame_info(frame, &row->start, &row->end, &is_signal);
  if (register_of_return < 0 || register_of_return >= CUNWIND_REGISTERS) return false;
  row->return_register = (uint8_t)register_of_return;
  row->is_signal_frame = is_signal;
  if (dwarf_frame_cfa(frame, &operations, &count) != 0) return false;
  row->frame.kind = count ? CUNWIND_VALUE : CUNWIND_UNDEFINED;
  if (!keep(row, &row->frame, operations, count)) return false;
  for (int number = 0; number < CUNWIND_REGISTERS; number++) {
    struct cunwind_rule *rule = &row->registers[number];
    Dwarf_Op simple[3];
    rule->kind = CUNWIND_UNDEFINED;
    if (dwarf_frame_register(frame, number, simple, &operations, &count) != 0) continue;
    if (count == 0) {
      if (!operations) rule->kind = CUNWIND_SAME;
      continue;
    }
    rule->kind = CUNWIND_LOCATION;
    if (operations[count - 1].atom == DW_OP_stack_value) {
      rule->kind = CUNWIND_VALUE;
      count -= 1;
    }
    if (!keep(row, rule, operations, count)) return false;
  }
  return true;
}

int cunwind_row_at(struct cunwind_image *image, uint64_t address, struct cunwind_row *row) {
  open_rules(image);
  Dwarf_CFI *tables[] = {image->eh_frame, image->debug_frames[0], image->debug_frames[1], image->debug_frames[2]};
  for (size_t index = 0; index < sizeof tables / sizeof *tables; index++) {
    Dwarf_Frame *frame = NULL;
    if (!tables[index] || dwarf_cfi_addrframe(tables[index], address, &frame) != 0) continue;
    memset(row, 0, sizeof *row);
    bool is_filled = fill(row, frame);
    free(frame);
    if (is_filled) return 0;
  }
  return -1;
}
