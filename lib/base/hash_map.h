#ifndef TALARIA_LIB_BASE_HASH_MAP_H_
#define TALARIA_LIB_BASE_HASH_MAP_H_

#include <cstddef>
#include <unordered_map>
#include <unordered_set>

#include "absl/hash/hash.h"

namespace talaria {

// The standard library's hash containers by Abseil's hash. Not Abseil's own: where memory runs out while
// they grow, those of Debian 12 free in their destructor what they never had, and that ends the process.
template <typename Key, typename Value>
using HashMap = std::unordered_map<Key, Value, absl::Hash<Key>>;
template <typename Key>
using HashSet = std::unordered_set<Key, absl::Hash<Key>>;
// About what an entry of some bytes takes, with its node's and its bucket's: for limits on memory.
inline constexpr size_t kHashEntryBytes = 48;

}  // namespace talaria

#endif  // TALARIA_LIB_BASE_HASH_MAP_H_
