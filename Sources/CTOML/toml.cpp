#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>

#include <new>
#include <vector>

#include "ctoml.h"

struct ctoml_document {
  toml::parse_result result;
  std::vector<std::pair<const toml::key *, const toml::node *>> entries;
};

static ctoml_text text_of(std::string_view view) { return {view.data(), view.size()}; }

static ctoml_value value_of(const toml::node &node) {
  ctoml_value value{};
  value.kind = CTOML_OTHER;
  if (auto string = node.as_string()) {
    value.kind = CTOML_STRING;
    value.string = text_of(string->get());
  } else if (auto integer = node.as_integer()) {
    value.kind = CTOML_INTEGER;
    value.integer = integer->get();
  } else if (auto boolean = node.as_boolean()) {
    value.kind = CTOML_BOOLEAN;
    value.integer = boolean->get();
  } else if (auto array = node.as_array()) {
    value.kind = CTOML_ARRAY;
    value.count = array->size();
  }
  return value;
}

ctoml_document *ctoml_read(const char *bytes, size_t count) {
  auto document = new ctoml_document{toml::parse(std::string_view{bytes, count}), {}};
  if (document->result) {
    for (auto &&[key, node] : document->result.table()) document->entries.emplace_back(&key, &node);
  }
  return document;
}

void ctoml_free(ctoml_document *document) { delete document; }

const char *ctoml_error(const ctoml_document *document, uint32_t *line) {
  if (document->result) return nullptr;
  const auto &error = document->result.error();
  *line = error.source().begin.line;
  return error.description().data();
}

size_t ctoml_key_count(const ctoml_document *document) { return document->entries.size(); }

ctoml_text ctoml_key(const ctoml_document *document, size_t index) {
  return text_of(document->entries[index].first->str());
}

ctoml_value ctoml_value_at(const ctoml_document *document, size_t index) {
  return value_of(*document->entries[index].second);
}

ctoml_value ctoml_element(const ctoml_document *document, size_t index, size_t element) {
  return value_of(*document->entries[index].second->as_array()->get(element));
}
