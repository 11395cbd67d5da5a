#include "lib/grammar/schema/document.h"

#include <algorithm>

#include "lib/base/text.h"

namespace talaria::grammar {

Type TypeOf(const json::Value& value) {
  if (value.is_bool()) return Type::kBoolean;
  if (value.is_number()) return Type::kNumber;
  if (value.is_string()) return Type::kString;
  if (value.is_array()) return Type::kArray;
  if (value.is_object()) return Type::kObject;
  return Type::kNull;
}

SchemaId Schema::FindProperty(std::string_view name) const {
  const auto at =
      std::lower_bound(properties_sorted.begin(), properties_sorted.end(), name,
                       [this](uint32_t i, std::string_view key) { return properties[i].name < key; });
  if (at == properties_sorted.end() || properties[*at].name != name) return kNoSchema;
  return properties[*at].schema;
}

std::vector<SchemaId> Schema::InPlace() const {
  std::vector<SchemaId> found;
  for (const SchemaId id : {ref, dynamic_ref, not_schema, if_schema, then_schema, else_schema}) {
    if (id != kNoSchema) found.push_back(id);
  }
  for (const auto* list : {&all_of, &any_of, &one_of}) found.insert(found.end(), list->begin(), list->end());
  for (const NamedSchema& dependent : dependent_schemas) found.push_back(dependent.schema);
  return found;
}

SchemaId SchemaDocument::DynamicAnchor(uint32_t resource, const std::string& anchor) const {
  const auto found = dynamic_anchors_.find({anchor, resource});
  return found == dynamic_anchors_.end() ? kNoSchema : found->second;
}

size_t SchemaDocument::DynamicAnchors(const std::string& anchor) const {
  size_t count = 0;
  for (auto at = dynamic_anchors_.lower_bound({anchor, 0});
       at != dynamic_anchors_.end() && at->first.first == anchor; ++at) {
    ++count;
  }
  return count;
}

// A walk of what is applied to one value, in depth: its height bounds the recursion of everything that
// follows schemas, and a way back to a schema that is still open would never end. A $dynamicRef may lead to
// any schema of its anchor.
Status SchemaDocument::CheckInPlace(uint32_t max_in_place) const {
  enum class Mark : uint8_t { kNew, kOpen, kDone };
  struct Frame {
    SchemaId id;
    std::vector<SchemaId> next;
    uint32_t height;
  };
  std::vector<Mark> marks(schemas_.size(), Mark::kNew);
  std::vector<uint32_t> heights(schemas_.size(), 0);
  const auto next_of = [this](SchemaId id) {
    std::vector<SchemaId> next = schemas_[id].InPlace();
    if (!schemas_[id].dynamic_anchor.empty()) {
      for (auto at = dynamic_anchors_.lower_bound({schemas_[id].dynamic_anchor, 0});
           at != dynamic_anchors_.end() && at->first.first == schemas_[id].dynamic_anchor; ++at) {
        next.push_back(at->second);
      }
    }
    return next;
  };
  for (SchemaId start = 0; start < schemas_.size(); ++start) {
    if (marks[start] != Mark::kNew) continue;
    std::vector<Frame> open;
    open.push_back({start, next_of(start), 1});
    marks[start] = Mark::kOpen;
    while (!open.empty()) {
      Frame& top = open.back();
      if (top.next.empty()) {
        marks[top.id] = Mark::kDone;
        heights[top.id] = top.height;
        if (top.height > max_in_place) {
          return ResourceExhausted("schema at ", Quoted(schemas_[top.id].pointer), ": expected at most ",
                                   max_in_place, " schemas one inside the other on one value, found more");
        }
        const uint32_t height = top.height;
        open.pop_back();
        if (!open.empty()) open.back().height = std::max(open.back().height, height + 1);
        continue;
      }
      const SchemaId next = top.next.back();
      top.next.pop_back();
      if (marks[next] == Mark::kOpen) {
        return Unsupported("$ref", schemas_[next].pointer, "it leads back to itself on the same value");
      }
      if (marks[next] == Mark::kDone) {
        top.height = std::max(top.height, heights[next] + 1);
      } else {
        marks[next] = Mark::kOpen;
        open.push_back({next, next_of(next), 1});
      }
    }
  }
  return absl::OkStatus();
}

namespace {
constexpr std::string_view kUnsupported = "unsupported: ";
constexpr std::string_view kAt = " at ";
}  // namespace

Status Unsupported(std::string_view keyword, std::string_view pointer, std::string_view reason) {
  return Unimplemented(kUnsupported, keyword, kAt, Quoted(pointer), ": ", reason);
}

std::string_view UnsupportedKeywordIn(std::string_view message) {
  const size_t found = message.find(kUnsupported);
  // What the schema belongs to may stand before it.
  const bool begins =
      found == 0 || (found != std::string_view::npos && found >= 2 && message.substr(found - 2, 2) == ": ");
  if (!begins) return {};
  message.remove_prefix(found + kUnsupported.size());
  return message.substr(0, message.find(kAt));
}

std::string UnsupportedKeyword(const Status& status) {
  if (status.code() != StatusCode::kUnimplemented) return "";
  return std::string(UnsupportedKeywordIn(Message(status)));
}

}  // namespace talaria::grammar
