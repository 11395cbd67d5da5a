#include "lib/backend/registry.h"

#include <utility>

namespace talaria {

void BackendRegistry::Add(std::string name, BackendFactory factory) {
  entries_.push_back({std::move(name), std::move(factory)});
}

StatusOr<std::unique_ptr<Backend>> BackendRegistry::Create(std::string_view name,
                                                           const BackendOptions& options) const {
  for (const Entry& entry : entries_) {
    if (name.empty() || entry.name == name) return entry.factory(options);
  }
  std::string known;
  for (const Entry& entry : entries_) known += (known.empty() ? "" : ", ") + entry.name;
  return NotFound("backend ", Quoted(name), ": expected one of: ", known);
}

std::vector<std::string> BackendRegistry::names() const {
  std::vector<std::string> names;
  for (const Entry& entry : entries_) names.push_back(entry.name);
  return names;
}

}  // namespace talaria
