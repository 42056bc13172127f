/* A TOML document's top-level keys, read by toml++ (Debian: libtomlplusplus-dev). */
#pragma once
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum ctoml_kind { CTOML_STRING, CTOML_INTEGER, CTOML_BOOLEAN, CTOML_ARRAY, CTOML_OTHER };

/* Not terminated by a zero; lives as long as its document. */
struct ctoml_text {
  const char *bytes;
  size_t count;
};

struct ctoml_value {
  enum ctoml_kind kind;
  struct ctoml_text string;
  int64_t integer; /* also a boolean: 0 or 1 */
  size_t count;    /* elements of an array */
};

struct ctoml_document;

/* Never null. To be freed, also when it could not be read. */
struct ctoml_document *ctoml_read(const char *bytes, size_t count);
void ctoml_free(struct ctoml_document *document);

/* Null when the text is TOML. `line` counts from one. */
const char *ctoml_error(const struct ctoml_document *document, uint32_t *line);

size_t ctoml_key_count(const struct ctoml_document *document);
struct ctoml_text ctoml_key(const struct ctoml_document *document, size_t index);
struct ctoml_value ctoml_value_at(const struct ctoml_document *document, size_t index);
/* Element `element` of the array at `index`. */
struct ctoml_value ctoml_element(const struct ctoml_document *document, size_t index, size_t element);

#ifdef __cplusplus
}
#endif
