#include "lib/sampling/banned_strings.h"

#include <algorithm>
#include <utility>

#include "lib/sampling/weights.h"

namespace talaria::sampling {
namespace {

unsigned char ByteOf(char character) { return static_cast<unsigned char>(character); }

// What ends in another string is completed with it by the same token. Without those, no two beginnings that a
// tail ends in lack the same rest.
std::vector<std::string> WithoutRedundant(std::vector<std::string> strings) {
  std::sort(strings.begin(), strings.end(), [](const std::string& a, const std::string& b) {
    return a.size() != b.size() ? a.size() < b.size() : a < b;
  });
  std::vector<std::string> kept;
  for (std::string& string : strings) {
    const auto is_ending = [&string](const std::string& other) {
      return std::string_view(string).substr(string.size() - other.size()) == other;
    };
    if (std::none_of(kept.begin(), kept.end(), is_ending)) kept.push_back(std::move(string));
  }
  return kept;
}

}  // namespace

StatusOr<BannedStrings> BannedStrings::Create(std::shared_ptr<const TokenIndex> tokens,
                                              std::vector<std::string> strings) {
  size_t bytes = 0;
  for (size_t i = 0; i < strings.size(); ++i) {
    if (strings[i].empty())
      return InvalidArgument("banned_strings[", i, "]: expected a text, found an empty one");
    bytes += strings[i].size();
  }
  if (bytes > kMaxBytes) {
    return ResourceExhausted("banned_strings: expected at most ", kMaxBytes, " bytes in all, found ", bytes);
  }
  strings = WithoutRedundant(std::move(strings));
  BannedStrings banned(std::move(tokens));
  const std::vector<std::vector<State>> paths = banned.BuildTree(strings);
  banned.BuildFallbacks();
  banned.BuildCompletions(strings, paths);
  banned.FindHolders();
  return banned;
}

// The tree of all beginnings; gives the node after each byte of each string.
std::vector<std::vector<BannedStrings::State>> BannedStrings::BuildTree(
    const std::vector<std::string>& strings) {
  nodes_.emplace_back();
  std::vector<std::vector<State>> paths;
  for (const std::string& string : strings) {
    std::vector<State> path;
    State at = 0;
    for (const char character : string) {
      // No node leads back to node 0 yet, so 0 is "none".
      if (nodes_[at].next[ByteOf(character)] == 0) {
        nodes_[at].next[ByteOf(character)] = static_cast<State>(nodes_.size());
        nodes_.emplace_back();
      }
      at = nodes_[at].next[ByteOf(character)];
      path.push_back(at);
    }
    nodes_[at].complete = true;
    longest_ = std::max(longest_, string.size());
    paths.push_back(std::move(path));
  }
  return paths;
}

// Aho and Corasick 1975: by distance from the start, so that a fallback is whole before it is used.
void BannedStrings::BuildFallbacks() {
  std::vector<State> order;
  for (const State child : nodes_[0].next) {
    if (child != 0) order.push_back(child);
  }
  for (size_t i = 0; i < order.size(); ++i) {
    Node& node = nodes_[order[i]];
    const Node& fallback = nodes_[node.fallback];
    node.complete = node.complete || fallback.complete;
    for (size_t byte = 0; byte < node.next.size(); ++byte) {
      if (node.next[byte] == 0) {
        node.next[byte] = fallback.next[byte];
      } else {
        nodes_[node.next[byte]].fallback = fallback.next[byte];
        order.push_back(node.next[byte]);
      }
    }
  }
}

void BannedStrings::BuildCompletions(const std::vector<std::string>& strings,
                                     const std::vector<std::vector<State>>& paths) {
  std::vector<std::pair<State, TokenIndex::Range>> found;
  for (size_t i = 0; i < strings.size(); ++i) {
    for (size_t done = 1; done < strings[i].size(); ++done) {
      const TokenIndex::Range tokens = tokens_->BeginningWith(std::string_view(strings[i]).substr(done));
      if (!tokens.empty()) found.emplace_back(paths[i][done - 1], tokens);
    }
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  for (const auto& [state, tokens] : found) {
    Node& node = nodes_[state];
    if (node.completions++ == 0) node.first_completion = static_cast<uint32_t>(completions_.size());
    completions_.push_back(tokens);
  }
}

void BannedStrings::FindHolders() {
  for (int32_t id = 0; id < tokens_->vocabulary(); ++id) {
    State at = 0;
    for (const char character : tokens_->BytesOf(id)) {
      at = nodes_[at].next[ByteOf(character)];
      if (nodes_[at].complete) {
        holders_.push_back(id);
        break;
      }
    }
  }
}

BannedStrings::State BannedStrings::StateAfter(absl::Span<const int32_t> generated) const {
  // A string that is not complete shares all its bytes but one with the tail, at most.
  size_t bytes = 0;
  size_t first = generated.size();
  while (first > 0 && bytes + 1 < longest_) bytes += tokens_->BytesOf(generated[--first]).size();
  State at = 0;
  for (const int32_t id : generated.subspan(first)) {
    for (const char character : tokens_->BytesOf(id)) at = nodes_[at].next[ByteOf(character)];
  }
  return at;
}

void BannedStrings::Mask(absl::Span<const int32_t> generated, absl::Span<float> logits) const {
  for (const int32_t id : holders_) logits[static_cast<size_t>(id)] = kNever;
  // Each suffix of the tail that some string begins with.
  for (State at = StateAfter(generated); at != 0; at = nodes_[at].fallback) {
    const Node& node = nodes_[at];
    for (uint32_t i = 0; i < node.completions; ++i) {
      for (const int32_t id : completions_[node.first_completion + i])
        logits[static_cast<size_t>(id)] = kNever;
    }
  }
}

}  // namespace talaria::sampling
