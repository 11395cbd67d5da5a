#ifndef TALARIA_LIB_GRAMMAR_SCHEMA_READER_H_
#define TALARIA_LIB_GRAMMAR_SCHEMA_READER_H_

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "lib/base/json.h"
#include "lib/base/status.h"
#include "lib/grammar/schema/document.h"

namespace talaria::grammar {

// Reads a JSON Schema into a SchemaDocument: first every schema that stands where a keyword wants one, then,
// reference by reference, what those lead to, wherever it stands.
class SchemaReader {
 public:
  SchemaReader(const json::Value& root, const SchemaDocument::Options& options);
  StatusOr<std::shared_ptr<const SchemaDocument>> Read();

  using ReadKeyword = Status (SchemaReader::*)(const json::Value& value, std::string_view keyword, SchemaId id);

 private:
  friend struct KeywordTable;
  // Where a schema is being read: its base URI and the resource that is part of.
  struct Scope {
    std::string base;
    uint32_t resource = 0;
    int depth = 0;
  };
  struct Resource {
    const json::Value* root;
    std::string base;
  };
  struct Reference {
    SchemaId from;
    std::string base;
    std::string text;
    bool dynamic;
  };

  StatusOr<SchemaId> ReadSchema(const json::Value& value, const std::string& pointer);
  Status ReadKeywords(const json::Object& members, SchemaId id);
  Status ReadIdentity(const json::Value& value, SchemaId id);
  Status AddResource(const json::Value& value, std::string_view id, const std::string& pointer);
  Status AddAnchor(std::string_view name, bool dynamic, SchemaId id);
  Status ResolveReference(const Reference& reference);
  StatusOr<SchemaId> FollowPointer(const Reference& reference, uint32_t resource, std::string_view pointer);

  StatusOr<SchemaId> Child(const json::Value& value, std::string_view keyword, SchemaId id);
  Status ReadReference(const json::Value& value, std::string_view keyword, SchemaId id);
  Status ReadAnchor(const json::Value& value, std::string_view keyword, SchemaId id);
  Status ReadDefinitions(const json::Value& value, std::string_view keyword, SchemaId id);
  Status ReadType(const json::Value& value, std::string_view keyword, SchemaId id);
  Status ReadChoices(const json::Value& value, std::string_view keyword, SchemaId id);
  Status ReadConst(const json::Value& value, std::string_view keyword, SchemaId id);
  Status ReadBound(const json::Value& value, std::string_view keyword, SchemaId id);
  Status ReadCount(const json::Value& value, std::string_view keyword, SchemaId id);
  Status ReadText(const json::Value& value, std::string_view keyword, SchemaId id);
  Status ReadSubschema(const json::Value& value, std::string_view keyword, SchemaId id);
  Status ReadSubschemas(const json::Value& value, std::string_view keyword, SchemaId id);
  Status ReadItems(const json::Value& value, std::string_view keyword, SchemaId id);
  Status ReadUnique(const json::Value& value, std::string_view keyword, SchemaId id);
  Status ReadNamed(const json::Value& value, std::string_view keyword, SchemaId id);
  Status ReadRequired(const json::Value& value, std::string_view keyword, SchemaId id);
  Status ReadDependencies(const json::Value& value, std::string_view keyword, SchemaId id);
  StatusOr<std::vector<std::string>> ReadNames(const json::Value& value, std::string_view keyword, SchemaId id);

  Schema& At(SchemaId id) { return document_->schemas_[id]; }
  Status Bad(SchemaId id, std::string_view keyword, std::string_view expected, const json::Value& found) const;

  const json::Value& root_;
  const SchemaDocument::Options options_;
  std::shared_ptr<SchemaDocument> document_;
  Scope scope_;
  std::vector<Resource> resources_;
  std::map<std::string, uint32_t, std::less<>> resource_by_uri_;
  std::map<std::pair<uint32_t, std::string>, SchemaId> anchors_;
  std::unordered_map<const json::Value*, std::pair<SchemaId, Scope>> read_;
  std::vector<Reference> references_;
  std::unordered_map<SchemaId, SchemaId> additional_items_;  // those that `additionalItems` gives, by their schema
};

}  // namespace talaria::grammar

#endif  // TALARIA_LIB_GRAMMAR_SCHEMA_READER_H_
