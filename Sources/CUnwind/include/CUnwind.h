// ELF files and their call frame information, by libelf and libdw (elfutils), as plain values.
//
// What a file says is checked by libelf; every pointer handed out lives as long as its image.
#pragma once
#include <stddef.h>
#include <stdint.h>

/// One opened file with its symbols and its rules for unwinding.
struct cunwind_image;

struct cunwind_segment {
  uint64_t address, offset, file_size, memory_size;
  uint32_t flags;  // PF_X 1, PF_W 2, PF_R 4
  uint32_t reserved;
};

/// A function or another named place that has a size.
struct cunwind_symbol {
  uint64_t address, size;
  const char *name;
  uint8_t binding;      // STB_LOCAL 0, STB_GLOBAL 1, STB_WEAK 2
  uint8_t type;         // STT_FUNC 2, STT_GNU_IFUNC 10
  uint8_t is_exported;  // from .dynsym
  uint8_t reserved[5];
};

/// A slot that the loader fills with a symbol's address (R_X86_64_JUMP_SLOT, R_X86_64_GLOB_DAT; R_386_…).
struct cunwind_import {
  uint64_t slot;
  const char *name;
};

/// Opens the ELF file of `descriptor`, which it takes over: closed even when NULL is returned, for no ELF file of x86_64 or
/// i386.
struct cunwind_image *cunwind_open(int descriptor);
void cunwind_close(struct cunwind_image *image);

const struct cunwind_segment *cunwind_segments(const struct cunwind_image *image, size_t *count);
/// By address. The first call reads .symtab (also of .gnu_debugdata and of the build id's file below /usr/lib/debug) and
/// .dynsym.
const struct cunwind_symbol *cunwind_symbols(struct cunwind_image *image, size_t *count);
const struct cunwind_import *cunwind_imports(struct cunwind_image *image, size_t *count);
/// Whether Go's linker made it (.gopclntab): its functions then keep frame pointers, whatever was stripped.
int cunwind_is_go(const struct cunwind_image *image);
/// Whether it is of i386, with words of 32 bits.
int cunwind_is_i386(const struct cunwind_image *image);
/// Where the table of slots begins (DT_PLTGOT): what i386's code has in a register when it calls through a slot. 0 if
/// there is none.
uint64_t cunwind_slot_base(const struct cunwind_image *image);
/// PT_INTERP or NULL.
const char *cunwind_interpreter(const struct cunwind_image *image);
uint64_t cunwind_entry(const struct cunwind_image *image);
/// The GNU build id: at most `size` bytes into `bytes`; how many there are.
size_t cunwind_build_id(const struct cunwind_image *image, uint8_t *bytes, size_t size);
/// Bytes of the file that are mapped at `address`: how many were copied, less than `size` at a segment's end.
size_t cunwind_read(const struct cunwind_image *image, uint64_t address, uint8_t *bytes, size_t size);

enum { CUNWIND_REGISTERS = 17, CUNWIND_OPERATIONS = 128 };

/// An operation of a DWARF expression: DW_OP_* and its operands.
struct cunwind_operation {
  uint64_t first, second;
  uint8_t atom;
  uint8_t reserved[7];
};

enum cunwind_rule_kind {
  CUNWIND_UNDEFINED,  // the caller's value is gone
  CUNWIND_SAME,       // as in this frame
  CUNWIND_LOCATION,   // the expression is where it lies
  CUNWIND_VALUE,      // the expression is the value
};

struct cunwind_rule {
  uint8_t kind;
  uint8_t first;  // operation
  uint8_t count;
  uint8_t reserved;
};

/// What is known of the frame at an address: how to find the caller's registers. DWARF numbers: 0 rax, 1 rdx, 2 rcx, 3 rbx,
/// 4 rsi, 5 rdi, 6 rbp, 7 rsp, 8–15, 16 the return address; of i386 0 eax, 1 ecx, 2 edx, 3 ebx, 4 esp, 5 ebp, 6 esi, 7 edi,
/// 8 the return address.
struct cunwind_row {
  uint64_t start, end;
  struct cunwind_rule frame;  // the canonical frame address, a value
  struct cunwind_rule registers[CUNWIND_REGISTERS];
  struct cunwind_operation operations[CUNWIND_OPERATIONS];
  uint32_t operation_count;
  uint8_t return_register;
  uint8_t is_signal_frame;
  uint8_t reserved[2];
};

/// The row at an address of the file: from .eh_frame, else .debug_frame. 0, or -1 when none covers it.
int cunwind_row_at(struct cunwind_image *image, uint64_t address, struct cunwind_row *row);

/// A C++ (`_Z`) or Swift (`$s`) name as people write it, to be freed; NULL when it is none.
char *cunwind_demangle(const char *name);
/// free(3) of such a name.
void cunwind_release(char *name);
