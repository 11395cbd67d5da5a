#include "lib/chat/tool_call/last_member.h"

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

namespace talaria::chat {

bool KeepLastMembers(json::Object* members) {
  // Sorted, not hashed: whoever writes the names knows the hash.
  std::vector<size_t> order(members->size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    const int compared = (*members)[a].key.compare((*members)[b].key);
    return compared != 0 ? compared < 0 : a < b;
  });
  std::vector<bool> is_dropped(members->size());
  bool any = false;
  for (size_t i = 1; i < order.size(); ++i) {
    if ((*members)[order[i]].key != (*members)[order[i - 1]].key) continue;
    // The first of the run collects the values of those after it.
    order[i] = std::exchange(order[i - 1], order[i]);
    std::swap((*members)[order[i]].value, (*members)[order[i - 1]].value);
    is_dropped[order[i - 1]] = true;
    any = true;
  }
  if (!any) return false;
  size_t kept = 0;
  for (size_t i = 0; i < members->size(); ++i) {
    if (is_dropped[i]) continue;
    if (kept != i) (*members)[kept] = std::move((*members)[i]);
    ++kept;
  }
  members->resize(kept);
  return true;
}

}  // namespace talaria::chat
