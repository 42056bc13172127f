#define _GNU_SOURCE
#include "image.h"

#include <fcntl.h>
#include <lzma.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// MiniDebugInfo unpacks to this at most.
static const size_t largest_mini = 64 << 20;

int grown(void **list, size_t count, size_t *room, size_t size) {
  if (count < *room) return 1;
  size_t more = *room ? *room * 2 : 256;
  void *moved = realloc(*list, more * size);
  if (!moved) return 0;
  *list = moved;
  *room = more;
  return 1;
}

static void add_symbol(struct cunwind_image *image, const GElf_Sym *symbol, const char *name, int is_exported) {
  int type = GELF_ST_TYPE(symbol->st_info);
  if (symbol->st_shndx == SHN_UNDEF || symbol->st_shndx == SHN_ABS || symbol->st_value == 0 || !name || !*name) return;
  if (type != STT_FUNC && type != STT_GNU_IFUNC && type != STT_NOTYPE) return;
  if (!grown((void **)&image->symbols, image->symbol_count, &image->symbol_room, sizeof *image->symbols)) return;
  image->symbols[image->symbol_count++] = (struct cunwind_symbol){
    .address = symbol->st_value,
    .size = symbol->st_size,
    .name = name,
    .binding = GELF_ST_BIND(symbol->st_info),
    .type = (uint8_t)type,
    .is_exported = (uint8_t)is_exported,
  };
}

static void add_table(struct cunwind_image *image, Elf *elf, Elf_Scn *section, const GElf_Shdr *header) {
  Elf_Data *data = elf_getdata(section, NULL);
  if (!data || !header->sh_entsize) return;
  for (size_t index = 1; index < header->sh_size / header->sh_entsize; index++) {
    GElf_Sym symbol;
    if (!gelf_getsym(data, (int)index, &symbol)) return;
    add_symbol(image, &symbol, elf_strptr(elf, header->sh_link, symbol.st_name), header->sh_type == SHT_DYNSYM);
  }
}

static bool fills_slot(const struct cunwind_image *image, uint64_t type) {
  return image->is_i386 ? type == R_386_JMP_SLOT || type == R_386_GLOB_DAT
                        : type == R_X86_64_JUMP_SLOT || type == R_X86_64_GLOB_DAT;
}

static void add_relocations(struct cunwind_image *image, Elf_Scn *section, const GElf_Shdr *header) {
  Elf_Scn *table = elf_getscn(image->elf, header->sh_link);
  GElf_Shdr table_header;
  if (!table || !gelf_getshdr(table, &table_header) || table_header.sh_type != SHT_DYNSYM) return;
  Elf_Data *data = elf_getdata(section, NULL), *symbols = elf_getdata(table, NULL);
  if (!data || !symbols || !header->sh_entsize) return;
  for (size_t index = 0; index < header->sh_size / header->sh_entsize; index++) {
    GElf_Rela relocation;
    GElf_Rel bare;
    GElf_Sym symbol;
    if (header->sh_type == SHT_RELA) {
      if (!gelf_getrela(data, (int)index, &relocation)) return;
    } else {
      if (!gelf_getrel(data, (int)index, &bare)) return;
      relocation = (GElf_Rela){.r_offset = bare.r_offset, .r_info = bare.r_info};
    }
    if (!fills_slot(image, GELF_R_TYPE(relocation.r_info))) continue;
    if (!gelf_getsym(symbols, (int)GELF_R_SYM(relocation.r_info), &symbol)) continue;
    const char *name = elf_strptr(image->elf, table_header.sh_link, symbol.st_name);
    if (!name || !*name) continue;
    if (!grown((void **)&image->imports, image->import_count, &image->import_room, sizeof *image->imports)) return;
    image->imports[image->import_count++] = (struct cunwind_import){.slot = relocation.r_offset, .name = name};
  }
}

static void open_mini(struct cunwind_image *image, Elf_Scn *section) {
  Elf_Data *data = elf_rawdata(section, NULL);
  if (!data || image->mini_elf) return;
  // An xz file's index says how long its content is; the decoder is asked with growing room instead.
  for (size_t room = data->d_size * 8 + 4096; room <= largest_mini; room *= 2) {
    void *bytes = malloc(room);
    if (!bytes) return;
    uint64_t memory = 64 << 20;
    size_t from = 0, to = 0;
    lzma_ret status = lzma_stream_buffer_decode(&memory, 0, NULL, data->d_buf, &from, data->d_size, bytes, &to, room);
    if (status == LZMA_OK) {
      image->mini_bytes = bytes;
      image->mini_elf = elf_memory(bytes, to);
      return;
    }
    free(bytes);
    if (status != LZMA_BUF_ERROR) return;
  }
}

static void open_debug_file(struct cunwind_image *image) {
  if (image->build_id_size < 2) return;
  char path[128];
  int length = snprintf(path, sizeof path, "/usr/lib/debug/.build-id/%02x/", image->build_id[0]);
  for (size_t index = 1; index < image->build_id_size; index++)
    length += snprintf(path + length, sizeof path - (size_t)length, "%02x", image->build_id[index]);
  snprintf(path + length, sizeof path - (size_t)length, ".debug");
  int descriptor = open(path, O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return;
  image->debug_descriptor = descriptor;
  image->debug_elf = elf_begin(descriptor, ELF_C_READ, NULL);
}

void open_companions(struct cunwind_image *image) {
  if (image->debug_elf || image->mini_elf) return;
  open_debug_file(image);
  Elf_Scn *section = NULL;
  size_t names;
  if (elf_getshdrstrndx(image->elf, &names) != 0) return;
  while ((section = elf_nextscn(image->elf, section))) {
    GElf_Shdr header;
    if (!gelf_getshdr(section, &header)) continue;
    const char *name = elf_strptr(image->elf, names, header.sh_name);
    if (name && strcmp(name, ".gnu_debugdata") == 0) open_mini(image, section);
  }
}

static int by_address(const void *left, const void *right) {
  const struct cunwind_symbol *a = left, *b = right;
  if (a->address != b->address) return a->address < b->address ? -1 : 1;
  return strcmp(a->name, b->name);
}

void read_symbols(struct cunwind_image *image) {
  if (image->has_symbols) return;
  image->has_symbols = 1;
  open_companions(image);
  Elf *files[] = {image->elf, image->debug_elf, image->mini_elf};
  for (size_t file = 0; file < 3; file++) {
    Elf_Scn *section = NULL;
    while (files[file] && (section = elf_nextscn(files[file], section))) {
      GElf_Shdr header;
      if (!gelf_getshdr(section, &header) || header.sh_type == SHT_NOBITS) continue;
      if (header.sh_type == SHT_SYMTAB || header.sh_type == SHT_DYNSYM) add_table(image, files[file], section, &header);
      if (file == 0 && (header.sh_type == SHT_RELA || header.sh_type == SHT_REL)) add_relocations(image, section, &header);
    }
  }
  if (image->symbols) qsort(image->symbols, image->symbol_count, sizeof *image->symbols, by_address);
}

void free_symbols(struct cunwind_image *image) {
  free(image->symbols);
  free(image->imports);
}

const struct cunwind_symbol *cunwind_symbols(struct cunwind_image *image, size_t *count) {
  read_symbols(image);
  *count = image->symbol_count;
  return image->symbols;
}

const struct cunwind_import *cunwind_imports(struct cunwind_image *image, size_t *count) {
  read_symbols(image);
  *count = image->import_count;
  return image->imports;
}
