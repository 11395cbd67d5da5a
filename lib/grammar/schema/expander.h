#ifndef TALARIA_LIB_GRAMMAR_SCHEMA_EXPANDER_H_
#define TALARIA_LIB_GRAMMAR_SCHEMA_EXPANDER_H_

#include <cstdint>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "lib/base/status.h"
#include "lib/grammar/schema/products.h"
#include "lib/grammar/schema/scalars.h"
#include "lib/grammar/schema/schema_table.h"

namespace talaria::grammar {

// Brings what schemas ask of arrays and objects into disjunctive normal form: a union of products, whose
// children are demands again and are not looked into. So recursion of schemas stays what it is, and only what
// is applied to one value is combined.
class Expander {
 public:
  template <typename Product>
  using Union = std::vector<Product>;

  Expander(SchemaTable* table, Scalars* scalars, RegexPool* pool) : table_(*table), scalars_(*scalars), pool_(pool) {}

  // UNIMPLEMENTED (see Unsupported) by keyword; RESOURCE_EXHAUSTED where the products are too many.
  StatusOr<Union<ObjectProduct>> Objects(const Demands& demands);
  StatusOr<Union<ArrayProduct>> Arrays(const Demands& demands);

  // True only where no value can meet *demands*; false where it is not known.
  StatusOr<bool> IsImpossible(const Demands& demands);
  // The names that *rule* speaks of, among those that no product names.
  bool RuleCovers(const ObjectProduct::Rule& rule, std::string_view name);
  bool NameFits(const Regex& language, std::string_view name);

 private:
  template <typename Product>
  struct Known {
    std::map<std::pair<SchemaId, bool>, std::shared_ptr<const Union<Product>>> positive;  // with "track"
    std::map<SchemaId, std::shared_ptr<const Union<Product>>> negative;
  };
  template <typename Product>
  using Shared = StatusOr<std::shared_ptr<const Union<Product>>>;

  Known<ObjectProduct>& KnownOf(const ObjectProduct*) { return objects_; }
  Known<ArrayProduct>& KnownOf(const ArrayProduct*) { return arrays_; }

  template <typename Product>
  StatusOr<Union<Product>> All(const Demands& demands);
  // *track*: keep what is evaluated.
  template <typename Product>
  Shared<Product> Positive(SchemaId id, bool track);
  template <typename Product>
  Shared<Product> Negative(SchemaId id);
  template <typename Product>
  StatusOr<Union<Product>> MakePositive(const Schema& schema, bool track);
  template <typename Product>
  StatusOr<Union<Product>> MakeNegative(const Schema& schema);
  template <typename Product>
  Status AndChoices(const Schema& schema, Union<Product>* all);
  template <typename Product>
  Status AndAnyOf(const Schema& schema, bool track, Union<Product>* all);
  template <typename Product>
  Status AndOneOf(const Schema& schema, bool track, Union<Product>* all);
  template <typename Product>
  Status AndConditional(const Schema& schema, bool track, Union<Product>* all);
  template <typename Product>
  Status NegateOneOf(const Schema& schema, Union<Product>* any);
  // *all* becomes its intersection with *other*.
  template <typename Product>
  Status And(const Union<Product>& other, Union<Product>* all);
  template <typename Product>
  Status Or(const Union<Product>& other, Union<Product>* any);

  // What the keywords of its own type say.
  Status Own(const Schema& schema, bool track, Union<ObjectProduct>* all);
  Status Own(const Schema& schema, bool track, Union<ArrayProduct>* all);
  Status NegateOwn(const Schema& schema, Union<ObjectProduct>* any);
  Status NegateOwn(const Schema& schema, Union<ArrayProduct>* any);
  Status AndDependents(const Schema& schema, bool track, Union<ObjectProduct>* all);
  StatusOr<Regex> Pattern(const Schema& schema, const std::string& pattern);
  StatusOr<Regex> NameLanguage(SchemaId schema, bool negated);
  Status AndUnevaluated(const Schema& schema, Union<ObjectProduct>* all);
  Status AndUnevaluated(const Schema& schema, Union<ArrayProduct>* all);
  static SchemaId UnevaluatedOf(const Schema& schema, const ObjectProduct*) { return schema.unevaluated_properties; }
  static SchemaId UnevaluatedOf(const Schema& schema, const ArrayProduct*) { return schema.unevaluated_items; }

  // True only where the product matches nothing, or two of them nothing together.
  StatusOr<bool> IsEmpty(const ObjectProduct& product);
  StatusOr<bool> IsEmpty(const ArrayProduct& product);
  StatusOr<bool> AreDisjoint(const ObjectProduct& a, const ObjectProduct& b);
  StatusOr<bool> AreDisjoint(const ArrayProduct& a, const ArrayProduct& b);
  template <typename Product>
  StatusOr<bool> AllDisjoint(const Union<Product>& a, const Union<Product>& b);
  Status Spend(size_t steps);

  SchemaTable& table_;
  Scalars& scalars_;
  RegexPool* const pool_;
  Known<ObjectProduct> objects_;
  Known<ArrayProduct> arrays_;
  std::map<Demands, bool> impossible_;
  size_t steps_ = 0;
  int depth_ = 0;
};

}  // namespace talaria::grammar

#endif  // TALARIA_LIB_GRAMMAR_SCHEMA_EXPANDER_H_
