#ifndef TALARIA_LIB_GRAMMAR_SCHEMA_EMITTER_H_
#define TALARIA_LIB_GRAMMAR_SCHEMA_EMITTER_H_

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/status.h"
#include "lib/grammar/grammar.h"
#include "lib/grammar/json_schema.h"
#include "lib/grammar/schema/arranger.h"
#include "lib/grammar/schema/expander.h"
#include "lib/grammar/schema/number_set.h"
#include "lib/grammar/schema/products.h"

namespace talaria::grammar {

// Writes the grammar of a schema: one rule for each set of demands on a value that occurs in it, made when
// its turn comes, so that recursion in the schema is recursion of rules.
class Emitter {
 public:
  Emitter(SchemaTable* table, Scalars* scalars, Expander* expander, const SchemaGrammarOptions& options,
          GrammarBuilder* builder);

  StatusOr<Expr> Root(const Demands& demands);
  // By state; the root's is 0.
  std::vector<Shape> TakeShapes() { return std::move(shapes_); }

 private:
  // A member that the schema names, its demands complete.
  struct Name {
    std::string_view name;
    Demands value;
    bool required;
  };
  // Names of a kind that the schema does not list, and what their values must be.
  struct NameClass {
    Regex names;
    Demands value;
  };
  // A product with all its rules worked in.
  struct Members {
    std::vector<Name> names;
    std::vector<NameClass> others;
    std::vector<NameClass> some;  // where not empty: one of the others is of these
    uint64_t min, max;
  };

  uint32_t StateOf(const Demands& demands);
  Status Define(uint32_t state);
  StatusOr<Expr> Value(const Demands& demands);
  Status AddObjects(const Demands& demands, Shape* shape, std::vector<Expr>* choices);
  Status AddScalars(const Demands& demands, std::vector<Expr>* choices);
  bool MayHoldContainer(const Demands& demands) const;
  StatusOr<Expr> String(const Demands& demands, Regex strings);
  bool LengthAlone(const Demands& demands, uint64_t* min, uint64_t* max) const;
  StatusOr<Expr> Number(NumberSet set);
  Expr NumberRules(const NumberSet& set);
  Regex NumberRegex(const NumberSet& set, bool* possible);

  StatusOr<Expr> Array(const ArrayProduct& product, Shape* shape);
  StatusOr<Expr> Containing(const ArrayProduct& product, const ArrayProduct::Contains& contains,
                            Shape* shape);
  StatusOr<Expr> UniqueChoices(const ArrayProduct& product);

  StatusOr<Expr> Object(const ObjectProduct& product, Shape* shape);
  StatusOr<std::vector<NameClass>> OtherNames(const ObjectProduct& product, const std::vector<Name>& names);
  StatusOr<Expr> MembersOf(const Members& members);
  StatusOr<Expr> InOrder(const Members& members, const std::vector<std::pair<Expr, Expr>>& parts, Expr more,
                         Expr first);
  StatusOr<Expr> Counting(const Members& members, const std::vector<std::pair<Expr, Expr>>& parts,
                          Expr other);
  StatusOr<Expr> InAnyOrder(const Members& members, const std::vector<std::pair<Expr, Expr>>& parts,
                            Expr more, Expr first);
  StatusOr<Expr> Other(const std::vector<NameClass>& classes);

  Expr Bytes(std::string_view bytes) { return builder_.Literal(bytes); }
  Expr Then(std::initializer_list<Expr> parts) { return builder_.Sequence({parts.begin(), parts.size()}); }
  Expr Either(std::initializer_list<Expr> parts) { return builder_.Choice({parts.begin(), parts.size()}); }

  SchemaTable& table_;
  Scalars& scalars_;
  Expander& expander_;
  const SchemaGrammarOptions& options_;
  GrammarBuilder& builder_;
  RegexPool& pool_;
  std::map<Demands, uint32_t> states_;
  std::vector<std::pair<Demands, Rule>> defined_;  // by state
  std::map<Demands, Expr> scalars_only_;
  std::vector<Shape> shapes_;
  JsonText json_;
};

}  // namespace talaria::grammar

#endif  // TALARIA_LIB_GRAMMAR_SCHEMA_EMITTER_H_
