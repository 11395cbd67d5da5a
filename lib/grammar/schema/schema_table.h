#ifndef TALARIA_LIB_GRAMMAR_SCHEMA_SCHEMA_TABLE_H_
#define TALARIA_LIB_GRAMMAR_SCHEMA_SCHEMA_TABLE_H_

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "lib/base/json.h"
#include "lib/base/status.h"
#include "lib/grammar/schema/document.h"

namespace talaria::grammar {

// A schema that must hold, or must not.
struct Literal {
  SchemaId schema = 0;
  bool negated = false;
  bool operator<(const Literal& other) const {
    return schema != other.schema ? schema < other.schema : negated < other.negated;
  }
  bool operator==(const Literal& other) const { return schema == other.schema && negated == other.negated; }
};

// Literals that must hold of one value, all of them. Sorted, each once.
class Demands {
 public:
  void Add(Literal literal);
  void Add(const Demands& other);
  const std::vector<Literal>& literals() const { return literals_; }
  bool empty() const { return literals_.empty(); }
  bool operator<(const Demands& other) const { return literals_ < other.literals_; }
  bool operator==(const Demands& other) const { return literals_ == other.literals_; }

 private:
  std::vector<Literal> literals_;
};

// The schemas of a document and those that constants stand for.
class SchemaTable {
 public:
  explicit SchemaTable(std::shared_ptr<const SchemaDocument> document);

  const Schema& operator[](SchemaId id) const {
    return id < document_->size() ? (*document_)[id] : made_[id - document_->size()];
  }
  const SchemaDocument& document() const { return *document_; }

  // The schema `true` and the schema `false`.
  SchemaId always() const { return always_; }
  SchemaId never() const { return never_; }
  // The schema {"type": "object"}.
  SchemaId AnyObject();
  // A schema that *value* alone matches: of an array or an object, by its parts.
  SchemaId Constant(const json::Value& value);

  // Adds *schema* to *demands* in its simplest form: what says nothing is left out, what only refers is
  // followed.
  void Demand(SchemaId schema, Demands* demands) const { Demand({schema, false}, demands); }
  void Demand(Literal literal, Demands* demands) const;
  // No value at all: some literal says so by itself.
  bool IsNever(const Demands& demands) const;

 private:
  bool SaysNothing(const Schema& schema) const;
  SchemaId Canonical(SchemaId id) const;
  SchemaId Make(Schema schema);

  std::shared_ptr<const SchemaDocument> document_;
  std::deque<Schema> made_;
  std::map<std::string, SchemaId> constants_;  // by EqualityKey
  SchemaId always_ = 0;
  SchemaId never_ = 0;
};

}  // namespace talaria::grammar

#endif  // TALARIA_LIB_GRAMMAR_SCHEMA_SCHEMA_TABLE_H_
