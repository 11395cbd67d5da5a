#include "lib/tokenizer/tokenizer_json_scan.h"

#include "lib/base/json_events.h"

namespace talaria {
namespace {

// Beside the vocabulary and the merges, a tokenizer.json holds some thousands.
constexpr uint64_t kMaxOtherValues = 1u << 20;

// Sends the members of model.vocab and model.merges to their lists and all else to a ValueBuilder.
class Scanner : public json::EventHandler {
 public:
  Status OnScalar(json::Value value) override {
    if (place_ == Place::kVocab) return AddId(value);
    if (place_ != Place::kRest) return NotAMerge(value.type_name());
    TALARIA_RETURN_IF_ERROR(CountOther());
    return builder_.OnScalar(std::move(value));
  }

  Status OnString(std::string& text) override {
    switch (place_) {
      case Place::kVocab:
        return NotAnId("a string");
      case Place::kMerges:
        return AddMerge(text);
      case Place::kPair:
        ++pair_items_;
        scan_.merges.Add(text);
        return absl::OkStatus();
      case Place::kRest:
        break;
    }
    TALARIA_RETURN_IF_ERROR(CountOther());
    return builder_.OnString(text);
  }

  Status OnStartObject() override {
    if (place_ == Place::kVocab) return NotAnId("an object");
    if (place_ != Place::kRest) return NotAMerge("an object");
    TALARIA_RETURN_IF_ERROR(CountOther());
    TALARIA_RETURN_IF_ERROR(builder_.OnStartObject());
    if (InModel() && keys_[1] == "vocab") {
      place_ = Place::kVocab;
      scan_.has_vocab = true;
    }
    ++depth_;
    return absl::OkStatus();
  }

  Status OnKey(std::string& key) override {
    if (place_ == Place::kVocab) {
      scan_.tokens.Add(key);
      return absl::OkStatus();
    }
    if (depth_ <= 2) keys_[depth_ - 1] = key;
    TALARIA_RETURN_IF_ERROR(CountOther());
    return builder_.OnKey(key);
  }

  Status OnEndObject() override {
    place_ = Place::kRest;
    --depth_;
    return builder_.OnEndObject();
  }

  Status OnStartArray() override {
    if (place_ == Place::kVocab) return NotAnId("an array");
    if (place_ == Place::kPair) return NotAMerge("an array in an array");
    if (place_ == Place::kMerges) {
      place_ = Place::kPair;
      return absl::OkStatus();
    }
    TALARIA_RETURN_IF_ERROR(CountOther());
    TALARIA_RETURN_IF_ERROR(builder_.OnStartArray());
    if (InModel() && keys_[1] == "merges") {
      place_ = Place::kMerges;
      scan_.has_merges = true;
    }
    ++depth_;
    return absl::OkStatus();
  }

  Status OnEndArray() override {
    if (place_ == Place::kPair) {
      if (pair_items_ != 2) return NotAMerge(Cat("an array of ", pair_items_));
      place_ = Place::kMerges;
      pair_items_ = 0;
      return absl::OkStatus();
    }
    place_ = Place::kRest;
    --depth_;
    return builder_.OnEndArray();
  }

  TokenizerJsonScan Take() {
    scan_.rest = builder_.Take();
    return std::move(scan_);
  }

 private:
  enum class Place { kRest, kVocab, kMerges, kPair };

  // At a value of the model object, which is a member of the outermost one.
  bool InModel() const { return depth_ == 2 && keys_[0] == "model"; }
  Status CountOther() {
    if (++others_ <= kMaxOtherValues) return absl::OkStatus();
    return InvalidArgument("more than ", kMaxOtherValues, " values beside vocab and merges");
  }
  Status NotAnId(std::string_view found) const {
    return InvalidArgument("vocab: the id of token ", Quoted(scan_.tokens[scan_.tokens.size() - 1]), " is ",
                           found, ", expected an integer");
  }
  Status NotAMerge(std::string_view found) const {
    return InvalidArgument("merges: item ", (scan_.merges.size() - pair_items_) / 2, " is ", found,
                           ", expected two texts");
  }
  Status AddId(const json::Value& value) {
    const StatusOr<int64_t> id = value.AsInt64();
    if (!id.ok())
      return NotAnId(value.is_number() ? std::string_view(value.number()->text) : value.type_name());
    scan_.ids.push_back(*id);
    return absl::OkStatus();
  }
  Status AddMerge(std::string_view text) {
    const size_t space = text.find(' ');
    if (space == std::string_view::npos || text.find(' ', space + 1) != std::string_view::npos) {
      return NotAMerge(Quoted(text));
    }
    scan_.merges.Add(text.substr(0, space));
    scan_.merges.Add(text.substr(space + 1));
    return absl::OkStatus();
  }

  json::ValueBuilder builder_;
  TokenizerJsonScan scan_;
  Place place_ = Place::kRest;
  size_t depth_ = 0;     // of open containers in the rest
  std::string keys_[2];  // the last key in the outermost object and in the one inside it
  uint64_t others_ = 0;
  size_t pair_items_ = 0;  // of the merge that is being read
};

}  // namespace

StatusOr<TokenizerJsonScan> ScanTokenizerJson(std::string_view text) {
  Scanner scanner;
  TALARIA_RETURN_IF_ERROR(json::ParseEvents(text, {}, &scanner));
  TokenizerJsonScan scan = scanner.Take();
  if (!scan.rest.is_object()) return InvalidArgument(scan.rest.type_name(), ", expected an object");
  return scan;
}

}  // namespace talaria
