#include "lib/tokenizer/pre_tokenizer.h"

#include <algorithm>
#include <utility>

#include "lib/tokenizer/llama3_splitter.h"

namespace talaria {
namespace {

// GPT-2's pattern (openai/gpt-2, src/encoder.py), which ByteLevel brings with it.
constexpr std::string_view kGpt2Pattern =
    R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";

constexpr size_t kMaxStages = 16;

// The boolean member *name*, or *absent* where there is none.
StatusOr<bool> FlagOf(const json::Value& object, std::string_view name, bool absent) {
  const json::Value* value = object.Find(name);
  if (value == nullptr) return absent;
  if (!value->is_bool()) {
    return InvalidArgument("pre_tokenizer: ", name, " is ", value->type_name(), ", expected a boolean");
  }
  return *value->bool_value();
}

StatusOr<std::string> TypeOf(const json::Value& value) {
  const json::Value* type = value.Find("type");
  if (type == nullptr || !type->is_string()) return InvalidArgument("pre_tokenizer: no type");
  return *type->string();
}

}  // namespace

StatusOr<PreTokenizer> PreTokenizer::FromJson(const json::Value& value) {
  PreTokenizer result;
  if (value.is_null()) return Unimplemented("pre_tokenizer: none, expected one that ends in ByteLevel");
  TALARIA_ASSIGN_OR_RETURN(const std::string type, TypeOf(value));
  if (type != "Sequence") {
    TALARIA_RETURN_IF_ERROR(result.AddStages(value, true));
    return result;
  }
  const json::Value* members = value.Find("pretokenizers");
  if (members == nullptr || !members->is_array() || members->array()->empty()) {
    return InvalidArgument("pre_tokenizer: a Sequence without pretokenizers");
  }
  if (members->array()->size() > kMaxStages) {
    return InvalidArgument("pre_tokenizer: a Sequence of ", members->array()->size(), ", expected at most ",
                           kMaxStages);
  }
  for (const json::Value& member : *members->array()) {
    TALARIA_RETURN_IF_ERROR(result.AddStages(member, &member == &members->array()->back()));
  }
  return result;
}

StatusOr<PreTokenizer> PreTokenizer::FromPattern(std::string_view pattern) {
  PreTokenizer result;
  TALARIA_RETURN_IF_ERROR(result.AddPattern(pattern, Behavior::kIsolated, false));
  return result;
}

Status PreTokenizer::AddStages(const json::Value& value, bool last) {
  TALARIA_ASSIGN_OR_RETURN(const std::string type, TypeOf(value));
  if (type == "ByteLevel") {
    if (!last) return Unimplemented("pre_tokenizer: ", Quoted(type), " before others of a Sequence");
    return AddByteLevel(value);
  }
  if (type != "Split") return Unimplemented("pre_tokenizer: the type ", Quoted(type));
  TALARIA_RETURN_IF_ERROR(AddSplit(value));
  if (last) return Unimplemented("pre_tokenizer: a last step ", Quoted(type), ", expected ByteLevel");
  return absl::OkStatus();
}

Status PreTokenizer::AddByteLevel(const json::Value& value) {
  TALARIA_ASSIGN_OR_RETURN(const bool prefix_space, FlagOf(value, "add_prefix_space", false));
  TALARIA_ASSIGN_OR_RETURN(const bool use_regex, FlagOf(value, "use_regex", true));
  if (prefix_space) return Unimplemented("pre_tokenizer: ByteLevel with add_prefix_space");
  return use_regex ? AddPattern(kGpt2Pattern, Behavior::kIsolated, false) : absl::OkStatus();
}

Status PreTokenizer::AddSplit(const json::Value& value) {
  static constexpr std::pair<std::string_view, Behavior> kBehaviors[] = {
      {"Isolated", Behavior::kIsolated},
      {"Removed", Behavior::kRemoved},
      {"MergedWithPrevious", Behavior::kMergedWithPrevious},
      {"MergedWithNext", Behavior::kMergedWithNext},
      {"Contiguous", Behavior::kContiguous}};
  const json::Value* name = value.Find("behavior");
  if (name == nullptr || !name->is_string())
    return InvalidArgument("pre_tokenizer: a Split without behavior");
  const auto* behavior = std::find_if(std::begin(kBehaviors), std::end(kBehaviors),
                                      [name](const auto& known) { return known.first == *name->string(); });
  if (behavior == std::end(kBehaviors)) {
    return Unimplemented("pre_tokenizer: the behavior ", Quoted(*name->string()), " of Split");
  }
  TALARIA_ASSIGN_OR_RETURN(const bool invert, FlagOf(value, "invert", false));
  const json::Value* pattern = value.Find("pattern");
  if (pattern == nullptr) return InvalidArgument("pre_tokenizer: a Split without pattern");
  if (const json::Value* regex = pattern->Find("Regex"); regex != nullptr && regex->is_string()) {
    return Annotate(AddPattern(*regex->string(), behavior->second, invert), "pre_tokenizer");
  }
  if (const json::Value* text = pattern->Find("String"); text != nullptr && text->is_string()) {
    StatusOr<Regex> literal = Regex::Literal(*text->string());
    if (!literal.ok()) return Annotate(literal.status(), "pre_tokenizer");
    stages_.push_back({{}, behavior->second, invert});
    stages_.back().regexes.push_back(*std::move(literal));
    return absl::OkStatus();
  }
  return InvalidArgument("pre_tokenizer: the pattern of a Split is ", pattern->type_name(),
                         ", expected an object with Regex or String");
}

Status PreTokenizer::AddPattern(std::string_view pattern, Behavior behavior, bool invert) {
  Stage stage;
  stage.behavior = behavior;
  stage.invert = invert;
  if (pattern != kLlama3Pattern || behavior != Behavior::kIsolated || invert) {
    TALARIA_ASSIGN_OR_RETURN(Regex regex, Regex::Compile(pattern));
    stage.regexes.push_back(std::move(regex));
  }
  stages_.push_back(std::move(stage));
  return absl::OkStatus();
}

// The runs after *behavior* has joined them (tokenizers, normalizer.rs, split); what is left as a match is
// removed.
void PreTokenizer::Arrange(Behavior behavior, std::vector<Run>* runs) {
  if (behavior == Behavior::kRemoved) return;
  if (behavior == Behavior::kMergedWithNext) std::reverse(runs->begin(), runs->end());
  std::vector<Run> joined;
  bool previous_match = false;
  for (const Run& run : *runs) {
    const bool join = behavior == Behavior::kContiguous ? run.match == previous_match
                      : behavior == Behavior::kIsolated ? false
                                                        : run.match && !previous_match;
    if (join && !joined.empty()) {
      joined.back().begin = std::min(joined.back().begin, run.begin);
      joined.back().end = std::max(joined.back().end, run.end);
    } else {
      joined.push_back({run.begin, run.end, false});
    }
    previous_match = run.match;
  }
  if (behavior == Behavior::kMergedWithNext) std::reverse(joined.begin(), joined.end());
  *runs = std::move(joined);
}

Status PreTokenizer::Split(std::string_view text, std::vector<std::string_view>* pieces) const {
  pieces->clear();
  if (text.empty()) return absl::OkStatus();
  pieces->push_back(text);
  std::vector<std::string_view> before;
  std::vector<Regex::Match> matches;
  std::vector<Run> runs;
  for (const Stage& stage : stages_) {
    before.swap(*pieces);
    pieces->clear();
    for (const std::string_view piece : before) {
      if (stage.regexes.empty()) {
        const char* const end = piece.data() + piece.size();
        for (const char* at = piece.data(); at < end;) {
          const char* const next = Llama3PieceEnd(at, end);
          pieces->emplace_back(at, static_cast<size_t>(next - at));
          at = next;
        }
        continue;
      }
      matches.clear();
      runs.clear();
      TALARIA_RETURN_IF_ERROR(stage.regexes[0].FindAll(piece, &matches));
      size_t at = 0;
      for (const Regex::Match& match : matches) {
        if (match.begin > at) runs.push_back({at, match.begin, stage.invert});
        runs.push_back({match.begin, match.end, !stage.invert});
        at = match.end;
      }
      if (at < piece.size()) runs.push_back({at, piece.size(), stage.invert});
      Arrange(stage.behavior, &runs);
      for (const Run& run : runs) {
        if (!run.match && run.end > run.begin)
          pieces->push_back(piece.substr(run.begin, run.end - run.begin));
      }
    }
  }
  return absl::OkStatus();
}

}  // namespace talaria
