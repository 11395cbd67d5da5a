#include "lib/grammar/schema/reader.h"

#include <array>

#include "lib/base/text.h"
#include "lib/grammar/schema/json_pointer.h"
#include "lib/grammar/schema/uri.h"

namespace talaria::grammar {
namespace {

// Schemas inside one another; json::Parse allows 64 levels, a host's own value may have more.
constexpr int kMaxDepth = 200;

bool DraftOf(std::string_view uri, Draft* draft) {
  if (!uri.empty() && uri.back() == '#') uri.remove_suffix(1);
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (uri.substr(0, scheme.size()) != scheme) continue;
    const std::string_view rest = uri.substr(scheme.size());
    // Draft 6 is draft 7 without a few keywords.
    if (rest == "json-schema.org/draft-07/schema" || rest == "json-schema.org/draft-06/schema") {
      *draft = Draft::kDraft7;
      return true;
    }
    if (rest == "json-schema.org/draft/2020-12/schema") {
      *draft = Draft::kDraft202012;
      return true;
    }
  }
  return false;
}

}  // namespace

// What each keyword is read by, and in which drafts it means something. Any other is an annotation.
struct KeywordTable {
  struct Row {
    std::string_view name;
    uint8_t drafts;
    SchemaReader::ReadKeyword read;
  };
  static constexpr uint8_t kOld = static_cast<uint8_t>(Draft::kDraft7);
  static constexpr uint8_t kNew = static_cast<uint8_t>(Draft::kDraft202012);
  static constexpr uint8_t kBoth = kOld | kNew;
  using R = SchemaReader;
  static constexpr std::array<Row, 46> kRows = {{
      {"$ref", kBoth, &R::ReadReference},
      {"$dynamicRef", kNew, &R::ReadReference},
      {"$anchor", kNew, &R::ReadAnchor},
      {"$dynamicAnchor", kNew, &R::ReadAnchor},
      {"$defs", kBoth, &R::ReadDefinitions},
      {"definitions", kBoth, &R::ReadDefinitions},
      {"type", kBoth, &R::ReadType},
      {"enum", kBoth, &R::ReadChoices},
      {"const", kBoth, &R::ReadConst},
      {"minimum", kBoth, &R::ReadBound},
      {"maximum", kBoth, &R::ReadBound},
      {"exclusiveMinimum", kBoth, &R::ReadBound},
      {"exclusiveMaximum", kBoth, &R::ReadBound},
      {"multipleOf", kBoth, &R::ReadBound},
      {"minLength", kBoth, &R::ReadCount},
      {"maxLength", kBoth, &R::ReadCount},
      {"pattern", kBoth, &R::ReadText},
      {"format", kBoth, &R::ReadText},
      {"items", kBoth, &R::ReadItems},
      {"additionalItems", kOld, &R::ReadItems},
      {"prefixItems", kNew, &R::ReadSubschemas},
      {"contains", kBoth, &R::ReadSubschema},
      {"minContains", kNew, &R::ReadCount},
      {"maxContains", kNew, &R::ReadCount},
      {"minItems", kBoth, &R::ReadCount},
      {"maxItems", kBoth, &R::ReadCount},
      {"uniqueItems", kBoth, &R::ReadUnique},
      {"unevaluatedItems", kNew, &R::ReadSubschema},
      {"properties", kBoth, &R::ReadNamed},
      {"patternProperties", kBoth, &R::ReadNamed},
      {"additionalProperties", kBoth, &R::ReadSubschema},
      {"propertyNames", kBoth, &R::ReadSubschema},
      {"required", kBoth, &R::ReadRequired},
      {"minProperties", kBoth, &R::ReadCount},
      {"maxProperties", kBoth, &R::ReadCount},
      {"dependencies", kBoth, &R::ReadDependencies},
      {"dependentRequired", kNew, &R::ReadDependencies},
      {"dependentSchemas", kNew, &R::ReadNamed},
      {"unevaluatedProperties", kNew, &R::ReadSubschema},
      {"allOf", kBoth, &R::ReadSubschemas},
      {"anyOf", kBoth, &R::ReadSubschemas},
      {"oneOf", kBoth, &R::ReadSubschemas},
      {"not", kBoth, &R::ReadSubschema},
      {"if", kBoth, &R::ReadSubschema},
      {"then", kBoth, &R::ReadSubschema},
      {"else", kBoth, &R::ReadSubschema},
  }};
  static const Row* Find(std::string_view name, Draft draft) {
    for (const Row& row : kRows) {
      if (row.name == name) return (row.drafts & static_cast<uint8_t>(draft)) != 0 ? &row : nullptr;
    }
    return nullptr;
  }
};

SchemaReader::SchemaReader(const json::Value& root, const SchemaDocument::Options& options)
    : root_(root), options_(options), document_(new SchemaDocument) {}

StatusOr<std::shared_ptr<const SchemaDocument>> SchemaReader::Read() {
  document_->draft_ = options_.draft;
  if (const json::Value* draft = root_.Find("$schema"); draft != nullptr && draft->string() != nullptr) {
    if (!DraftOf(*draft->string(), &document_->draft_)) {
      return Unsupported("$schema", "#",
                         Cat("expected draft 7 or 2020-12, found ", Quoted(*draft->string())));
    }
  }
  resources_.push_back({&root_, ""});
  resource_by_uri_.emplace("", 0);
  TALARIA_RETURN_IF_ERROR(ReadSchema(root_, "#").status());
  while (!references_.empty()) {
    const Reference reference = std::move(references_.back());
    references_.pop_back();
    TALARIA_RETURN_IF_ERROR(ResolveReference(reference));
  }
  TALARIA_RETURN_IF_ERROR(document_->CheckInPlace(options_.max_in_place));
  return std::shared_ptr<const SchemaDocument>(std::move(document_));
}

Status SchemaReader::Bad(SchemaId id, std::string_view keyword, std::string_view expected,
                         const json::Value& found) const {
  std::string text(found.type_name());
  if (found.is_array() && found.array()->empty()) text = "an empty array";
  if (!found.is_array() && !found.is_object()) text += Cat(" ", Quoted(json::Write(found), 40));
  return InvalidArgument("schema at ", Quoted(document_->schemas_[id].pointer), ": ", keyword, ": expected ",
                         expected, ", found ", text);
}

StatusOr<SchemaId> SchemaReader::ReadSchema(const json::Value& value, const std::string& pointer) {
  if (const auto found = read_.find(&value); found != read_.end()) return found->second.first;
  if (document_->schemas_.size() >= options_.max_schemas) {
    return ResourceExhausted("schema at ", Quoted(pointer), ": expected at most ", options_.max_schemas,
                             " schemas in one document, found more");
  }
  if (scope_.depth >= kMaxDepth) {
    return ResourceExhausted("schema at ", Quoted(pointer), ": expected at most ", kMaxDepth,
                             " levels of schemas, found more");
  }
  const auto id = static_cast<SchemaId>(document_->schemas_.size());
  document_->schemas_.emplace_back();
  At(id).pointer = pointer;
  At(id).resource = scope_.resource;
  if (const bool* boolean = value.bool_value()) {
    At(id).never = !*boolean;
    read_.emplace(&value, std::make_pair(id, scope_));
    return id;
  }
  if (!value.is_object()) {
    return InvalidArgument("schema at ", Quoted(pointer), ": expected an object or a boolean, found ",
                           value.type_name());
  }
  const Scope outside = scope_;
  ++scope_.depth;
  Status status = ReadIdentity(value, id);
  At(id).resource = scope_.resource;
  read_.emplace(&value, std::make_pair(id, scope_));
  if (status.ok()) status = ReadKeywords(*value.object(), id);
  scope_ = outside;
  if (!status.ok()) return status;
  return id;
}

// $id and $schema, which say what the rest is read by.
Status SchemaReader::ReadIdentity(const json::Value& value, SchemaId id) {
  const bool old = document_->draft_ == Draft::kDraft7;
  const json::Value* reference = value.Find("$ref");
  if (old && reference != nullptr && reference->is_string()) return absl::OkStatus();
  if (const json::Value* draft = value.Find("$schema"); draft != nullptr && draft->is_string()) {
    Draft found = document_->draft_;
    if (!DraftOf(*draft->string(), &found) || found != document_->draft_) {
      return Unsupported("$schema", At(id).pointer, "a schema of another draft inside");
    }
  }
  const json::Value* identity = value.Find("$id");
  if (identity == nullptr) return absl::OkStatus();
  const std::string* text = identity->string();
  if (text == nullptr) return Bad(id, "$id", "a string", *identity);
  const std::optional<std::string_view> fragment = FragmentOf(*text);
  if (fragment.has_value() && !fragment->empty()) {
    if (!old) return Bad(id, "$id", "no fragment", *identity);
    if ((*text)[0] == '#') return AddAnchor(*fragment, false, id);
  }
  return AddResource(value, WithoutFragment(*text), At(id).pointer);
}

Status SchemaReader::AddResource(const json::Value& value, std::string_view id, const std::string& pointer) {
  const std::string uri = ResolveUri(scope_.base, id);
  if (&value == &root_) {
    resources_[0].base = uri;
    scope_.base = uri;
    resource_by_uri_.emplace(uri, 0);
    return absl::OkStatus();
  }
  const auto resource = static_cast<uint32_t>(resources_.size());
  if (!resource_by_uri_.emplace(uri, resource).second) {
    return InvalidArgument("schema at ", Quoted(pointer), ": $id: expected a URI of its own, found ",
                           Quoted(uri), " a second time");
  }
  resources_.push_back({&value, uri});
  scope_.base = uri;
  scope_.resource = resource;
  return absl::OkStatus();
}

Status SchemaReader::AddAnchor(std::string_view name, bool dynamic, SchemaId id) {
  if (!anchors_.emplace(std::make_pair(scope_.resource, std::string(name)), id).second) {
    return InvalidArgument("schema at ", Quoted(At(id).pointer), ": expected an anchor of its own, found ",
                           Quoted(name), " a second time");
  }
  if (dynamic) document_->dynamic_anchors_.emplace(std::make_pair(std::string(name), scope_.resource), id);
  return absl::OkStatus();
}

Status SchemaReader::ReadKeywords(const json::Object& members, SchemaId id) {
  if (document_->draft_ == Draft::kDraft7) {
    for (const json::Member& member : members) {
      // Nothing beside a reference counts.
      if (member.key == "$ref" && member.value.is_string()) return ReadReference(member.value, "$ref", id);
    }
  }
  for (const json::Member& member : members) {
    const KeywordTable::Row* row = KeywordTable::Find(member.key, document_->draft_);
    if (row != nullptr) TALARIA_RETURN_IF_ERROR((this->*row->read)(member.value, row->name, id));
  }
  if (const auto rest = additional_items_.find(id);
      rest != additional_items_.end() && At(id).items_is_array) {
    At(id).items = rest->second;
  }
  // `then` and `else` mean nothing without `if`.
  if (At(id).if_schema == kNoSchema) At(id).then_schema = At(id).else_schema = kNoSchema;
  return absl::OkStatus();
}

Status SchemaReader::ResolveReference(const Reference& reference) {
  const std::string pointer = At(reference.from).pointer;
  const std::string_view keyword = reference.dynamic ? "$dynamicRef" : "$ref";
  const std::string uri = ResolveUri(reference.base, reference.text);
  const auto found = resource_by_uri_.find(WithoutFragment(uri));
  if (found == resource_by_uri_.end()) {
    return Unsupported(keyword, pointer, Cat(Quoted(uri), " is not in the document, and nothing is fetched"));
  }
  const uint32_t resource = found->second;
  const std::string fragment = PercentDecoded(FragmentOf(uri).value_or(""));
  SchemaId target = kNoSchema;
  if (fragment.empty() || fragment[0] == '/') {
    TALARIA_ASSIGN_OR_RETURN(target, FollowPointer(reference, resource, fragment));
  } else if (const auto anchor = anchors_.find({resource, fragment}); anchor != anchors_.end()) {
    target = anchor->second;
  } else {
    return InvalidArgument("schema at ", Quoted(pointer), ": ", keyword,
                           ": expected an anchor of the document, found ", Quoted(fragment));
  }
  if (!reference.dynamic) {
    At(reference.from).ref = target;
    return absl::OkStatus();
  }
  At(reference.from).dynamic_ref = target;
  if (document_->DynamicAnchor(resource, fragment) == target) At(reference.from).dynamic_anchor = fragment;
  return absl::OkStatus();
}

StatusOr<SchemaId> SchemaReader::FollowPointer(const Reference& reference, uint32_t resource,
                                               std::string_view pointer) {
  const json::Value* at = resources_[resource].root;
  const auto root = read_.find(at);
  std::string place = root == read_.end() ? "#" : At(root->second.first).pointer;
  Scope scope{resources_[resource].base, resource, 0};
  while (!pointer.empty()) {
    const size_t end = pointer.find('/', 1);
    const std::string token =
        UnescapedPointerToken(pointer.substr(1, end == std::string_view::npos ? end : end - 1));
    pointer = end == std::string_view::npos ? std::string_view() : pointer.substr(end);
    const json::Value* next = at->Find(token);
    if (const json::Array* items = at->array(); items != nullptr && !token.empty() && token.size() < 9 &&
                                                token.find_first_not_of("0123456789") == std::string::npos) {
      size_t index = 0;
      for (const char c : token) index = index * 10 + static_cast<size_t>(c - '0');
      if (index < items->size()) next = &(*items)[index];
    }
    if (next == nullptr) {
      return InvalidArgument("schema at ", Quoted(At(reference.from).pointer),
                             ": $ref: expected a place in the document, found ", Quoted(reference.text));
    }
    at = next;
    place = PlaceBelow(place, token);
    if (const auto known = read_.find(at); known != read_.end()) scope = known->second.second;
  }
  const Scope outside = scope_;
  scope_ = scope;
  scope_.depth = 0;
  StatusOr<SchemaId> target = ReadSchema(*at, place);
  scope_ = outside;
  return target;
}

StatusOr<std::shared_ptr<const SchemaDocument>> SchemaDocument::Create(const json::Value& schema,
                                                                       const Options& options) {
  return SchemaReader(schema, options).Read();
}

}  // namespace talaria::grammar
