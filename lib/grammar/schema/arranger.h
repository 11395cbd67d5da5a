#ifndef TALARIA_LIB_GRAMMAR_SCHEMA_ARRANGER_H_
#define TALARIA_LIB_GRAMMAR_SCHEMA_ARRANGER_H_

#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "lib/base/json.h"

namespace talaria::grammar {

// What the grammar knows of one state (demands on a value) about the order of its parts.
struct Shape {
  std::vector<std::string> order;  // of the members that have names in the schema
  std::map<std::string, std::vector<uint32_t>, std::less<>> members;  // states of those, by name
  std::vector<uint32_t> others;                                       // states of the other members
  std::vector<std::vector<uint32_t>> items;                           // by index; the last is that of all others
};

// Writes values as the grammar wants to read them. Immutable.
class Arranger {
 public:
  explicit Arranger(std::vector<Shape> shapes) : shapes_(std::move(shapes)) {}

  // Texts of *value* in *state*, each once, at most *max*.
  std::vector<std::string> TextsOf(const json::Value& value, uint32_t state, size_t max) const;

 private:
  struct Walk;
  std::vector<Shape> shapes_;
};

}  // namespace talaria::grammar

#endif  // TALARIA_LIB_GRAMMAR_SCHEMA_ARRANGER_H_
