#ifndef TALARIA_LIB_GRAMMAR_SCHEMA_PRODUCTS_H_
#define TALARIA_LIB_GRAMMAR_SCHEMA_PRODUCTS_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lib/grammar/regex/regex.h"
#include "lib/grammar/schema/schema_table.h"

namespace talaria::grammar {

// Names with a schema of their own, in the order of a schema; sorted beside that.
using NameSet = std::shared_ptr<const std::vector<std::string_view>>;  // sorted

// One way to be an object: all of it must hold. A schema stands for a union of these.
struct ObjectProduct {
  struct Name {
    std::string_view name;
    Demands value;
    bool required = false;
  };
  // Of every member whose name *pattern* matches, or, where that is not *matching*, which is not among
  // *except* and which *pattern* does not match.
  struct Rule {
    bool matching = true;
    Regex pattern;
    NameSet except;
    Demands value;
  };
  // Some member whose name is of *names* and whose value keeps *value*.
  struct Some {
    Regex names;
    Demands value;
  };

  std::vector<Name> names;  // each once; in the order of the schema
  std::vector<Rule> rules;
  std::vector<Regex> name_languages;  // each name is of all of them
  std::vector<Some> some;
  uint64_t min = 0, max = kNoMaximum;

  // What has been evaluated, where someone asks: for unevaluatedProperties.
  bool all_evaluated = false;
  std::vector<std::string_view> evaluated_names;
  std::vector<Regex> evaluated_patterns;

  void ForgetEvaluated();
  Name& Named(std::string_view name);
  // How much it is to copy.
  size_t Size() const { return names.size() + rules.size() + evaluated_names.size(); }
  void And(const ObjectProduct& other);
};

// One way to be an array.
struct ArrayProduct {
  struct Contains {
    Literal value;
    uint64_t from = 0;  // items before it do not count
    uint64_t min = 1, max = kNoMaximum;
    std::string_view keyword = "contains";
  };

  std::vector<Demands> prefix;
  Demands rest;
  std::vector<Contains> contains;
  uint64_t min = 0, max = kNoMaximum;
  bool unique = false;

  bool all_evaluated = false;
  size_t evaluated = 0;  // items from the start
  bool contains_evaluates = false;

  void ForgetEvaluated();
  size_t Size() const { return prefix.size() + contains.size(); }
  const Demands& At(size_t index) const { return index < prefix.size() ? prefix[index] : rest; }
  void And(const ArrayProduct& other);
};

}  // namespace talaria::grammar

#endif  // TALARIA_LIB_GRAMMAR_SCHEMA_PRODUCTS_H_
