#include "image.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool is_ours(const GElf_Ehdr *header) {
  return header->e_machine == EM_X86_64 ? header->e_ident[EI_CLASS] == ELFCLASS64
                                        : header->e_machine == EM_386 && header->e_ident[EI_CLASS] == ELFCLASS32;
}

struct cunwind_image *cunwind_open(int descriptor) {
  elf_version(EV_CURRENT);
  struct cunwind_image *image = calloc(1, sizeof *image);
  if (!image) {
    close(descriptor);
    return NULL;
  }
  image->descriptor = descriptor;
  // Read, not mapped: a file that is cut while we look must not kill us.
  image->elf = elf_begin(descriptor, ELF_C_READ, NULL);
  GElf_Ehdr header;
  if (!image->elf || elf_kind(image->elf) != ELF_K_ELF || !gelf_getehdr(image->elf, &header) || !is_ours(&header)) {
    cunwind_close(image);
    return NULL;
  }
  image->entry = header.e_entry;
  image->is_i386 = header.e_machine == EM_386;
  size_t count = 0;
  elf_getphdrnum(image->elf, &count);
  image->segments = calloc(count ? count : 1, sizeof *image->segments);
  for (size_t index = 0; image->segments && index < count; index++) {
    GElf_Phdr program;
    if (!gelf_getphdr(image->elf, (int)index, &program)) break;
    if (program.p_type == PT_LOAD) {
      struct cunwind_segment *segment = &image->segments[image->segment_count++];
      segment->address = program.p_vaddr;
      segment->offset = program.p_offset;
      segment->file_size = program.p_filesz;
      segment->memory_size = program.p_memsz;
      segment->flags = program.p_flags;
    } else if (program.p_type == PT_INTERP && program.p_filesz > 0 && program.p_filesz < 4096 && !image->interpreter) {
      image->interpreter = calloc(1, program.p_filesz + 1);
      if (image->interpreter &&
          pread(descriptor, image->interpreter, program.p_filesz, (off_t)program.p_offset) < 0)
        image->interpreter[0] = 0;
    } else if (program.p_type == PT_DYNAMIC && image->is_i386) {
      read_slot_base(image, &program);
    } else if (program.p_type == PT_NOTE && image->build_id_size == 0) {
      read_build_id(image, &program);
    }
  }
  return image;
}

void read_build_id(struct cunwind_image *image, const GElf_Phdr *program) {
  Elf_Data *data = elf_getdata_rawchunk(image->elf, (int64_t)program->p_offset, program->p_filesz,
                                        program->p_align == 8 ? ELF_T_NHDR8 : ELF_T_NHDR);
  GElf_Nhdr note;
  size_t offset = 0, name, content;
  while (data && (offset = gelf_getnote(data, offset, &note, &name, &content)) > 0) {
    const char *bytes = data->d_buf;
    if (note.n_type != NT_GNU_BUILD_ID || note.n_namesz != 4 || memcmp(bytes + name, "GNU", 4) != 0) continue;
    image->build_id_size = note.n_descsz < sizeof image->build_id ? note.n_descsz : sizeof image->build_id;
    memcpy(image->build_id, bytes + content, image->build_id_size);
    return;
  }
}

void read_slot_base(struct cunwind_image *image, const GElf_Phdr *program) {
  Elf_Data *data = elf_getdata_rawchunk(image->elf, (int64_t)program->p_offset, program->p_filesz, ELF_T_DYN);
  GElf_Dyn entry;
  for (int index = 0; data && gelf_getdyn(data, index, &entry) && entry.d_tag != DT_NULL; index++)
    if (entry.d_tag == DT_PLTGOT) image->slot_base = entry.d_un.d_ptr;
}

void cunwind_close(struct cunwind_image *image) {
  if (!image) return;
  if (image->eh_frame) dwarf_cfi_end(image->eh_frame);
  for (int index = 0; index < 3; index++)
    if (image->dwarf[index]) dwarf_end(image->dwarf[index]);
  free_symbols(image);
  if (image->debug_elf) elf_end(image->debug_elf);
  if (image->mini_elf) elf_end(image->mini_elf);
  free(image->mini_bytes);
  if (image->elf) elf_end(image->elf);
  if (image->debug_descriptor > 0) close(image->debug_descriptor);
  close(image->descriptor);
  free(image->segments);
  free(image->interpreter);
  free(image);
}

int cunwind_is_go(const struct cunwind_image *image) {
  size_t names;
  if (elf_getshdrstrndx(image->elf, &names) != 0) return 0;
  for (Elf_Scn *section = NULL; (section = elf_nextscn(image->elf, section));) {
    GElf_Shdr header;
    const char *name = gelf_getshdr(section, &header) ? elf_strptr(image->elf, names, header.sh_name) : NULL;
    if (name && strcmp(name, ".gopclntab") == 0) return 1;
  }
  return 0;
}

const struct cunwind_segment *cunwind_segments(const struct cunwind_image *image, size_t *count) {
  *count = image->segment_count;
  return image->segments;
}

const char *cunwind_interpreter(const struct cunwind_image *image) { return image->interpreter; }

int cunwind_is_i386(const struct cunwind_image *image) { return image->is_i386; }

uint64_t cunwind_slot_base(const struct cunwind_image *image) { return image->slot_base; }

uint64_t cunwind_entry(const struct cunwind_image *image) { return image->entry; }

size_t cunwind_build_id(const struct cunwind_image *image, uint8_t *bytes, size_t size) {
  size_t count = image->build_id_size < size ? image->build_id_size : size;
  memcpy(bytes, image->build_id, count);
  return count;
}

size_t cunwind_read(const struct cunwind_image *image, uint64_t address, uint8_t *bytes, size_t size) {
  for (size_t index = 0; index < image->segment_count; index++) {
    const struct cunwind_segment *segment = &image->segments[index];
    if (address < segment->address || address - segment->address >= segment->file_size) continue;
    uint64_t inside = address - segment->address;
    uint64_t left = segment->file_size - inside;
    if (size > left) size = left;
    ssize_t count = pread(image->descriptor, bytes, size, (off_t)(segment->offset + inside));
    return count < 0 ? 0 : (size_t)count;
  }
  return 0;
}
