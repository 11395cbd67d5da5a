#include "lib/tokenizer/tokenizer_json.h"

#include <algorithm>
#include <string>
#include <utility>

#include "lib/tokenizer/added_tokens_json.h"
#include "lib/tokenizer/byte_alphabet.h"
#include "lib/tokenizer/post_processor.h"
#include "lib/tokenizer/tokenizer_json_scan.h"

namespace talaria {
namespace {

// The type of a component, or "" where it has none.
std::string_view TypeOf(const json::Value& component) {
  const json::Value* type = component.Find("type");
  return type != nullptr && type->is_string() ? std::string_view(*type->string()) : std::string_view();
}

bool IsAbsent(const json::Value* value) { return value == nullptr || value->is_null(); }

// Members of the model that change what it encodes, each with what makes it void.
Status CheckModel(const json::Value& root) {
  const json::Value* model = root.Find("model");
  if (model == nullptr || !model->is_object()) return InvalidArgument("no model");
  if (const json::Value* type = model->Find("type"); type != nullptr) {
    if (!type->is_string())
      return InvalidArgument("model: type is ", type->type_name(), ", expected a string");
    if (*type->string() != "BPE")
      return Unimplemented("model: the type ", Quoted(*type->string()), ", expected BPE");
  }
  for (const char* name : {"continuing_subword_prefix", "end_of_word_suffix"}) {
    const json::Value* value = model->Find(name);
    const bool is_void = IsAbsent(value) || (value->is_string() && value->string()->empty());
    if (!is_void) return Unimplemented("model: ", name);
  }
  if (const json::Value* dropout = model->Find("dropout"); !IsAbsent(dropout)) {
    const StatusOr<double> rate = dropout->AsDouble();
    if (!rate.ok() || *rate != 0) return Unimplemented("model: dropout");
  }
  for (const char* name : {"byte_fallback", "ignore_merges"}) {
    const json::Value* value = model->Find(name);
    if (!IsAbsent(value) && !value->is_bool()) {
      return InvalidArgument("model: ", name, " is ", value->type_name(), ", expected a boolean");
    }
  }
  if (const json::Value* fallback = model->Find("byte_fallback");
      !IsAbsent(fallback) && *fallback->bool_value()) {
    return Unimplemented("model: byte_fallback");
  }
  return absl::OkStatus();
}

Status CheckNormalizer(const json::Value* normalizer) {
  if (IsAbsent(normalizer)) return absl::OkStatus();
  if (TypeOf(*normalizer) != "Sequence")
    return Unimplemented("normalizer: the type ", Quoted(TypeOf(*normalizer)));
  const json::Value* members = normalizer->Find("normalizers");
  if (members != nullptr && members->is_array() && members->array()->empty()) return absl::OkStatus();
  return Unimplemented("normalizer: a Sequence that is not empty");
}

Status CheckDecoder(const json::Value* decoder) {
  if (IsAbsent(decoder) || TypeOf(*decoder) == "ByteLevel") return absl::OkStatus();
  return Unimplemented("decoder: the type ", Quoted(TypeOf(*decoder)), ", expected ByteLevel");
}

// The file's added tokens, and of *more* those that it does not list.
StatusOr<AddedTokens> MergeAddedTokens(const json::Value& root, const std::vector<AddedToken>& more,
                                       const LogSink* log) {
  std::vector<AddedToken> listed;
  if (const json::Value* list = root.Find("added_tokens"); !IsAbsent(list)) {
    TALARIA_ASSIGN_OR_RETURN(listed, AddedTokensFromList(*list));
  }
  TALARIA_ASSIGN_OR_RETURN(const AddedTokens own, AddedTokens::Create(listed));
  for (const AddedToken& token : more) {
    const AddedToken* same = own.ById(token.id);
    if (same == nullptr) {
      listed.push_back(token);
    } else if (same->content != token.content) {
      return InvalidArgument("id ", token.id, " is ", Quoted(same->content), " here and ",
                             Quoted(token.content), " in tokenizer_config.json");
    } else if (same->special != token.special && log != nullptr) {
      log->Log(LogLevel::kWarning, "tokenizer.json and tokenizer_config.json differ on whether ",
               Quoted(token.content), " is special; the first holds");
    }
  }
  return AddedTokens::Create(std::move(listed));
}

// The vocabulary with the added tokens in it.
StatusOr<Vocabulary> BuildVocabulary(const TokenizerJsonScan& scan, const AddedTokens& added,
                                     int64_t vocab_size) {
  Vocabulary::Builder builder(vocab_size);
  // Keys outside the byte alphabet cannot come out of encoding: they are decoded as they stand.
  std::vector<std::pair<std::string_view, int64_t>> outside;
  std::string bytes;
  for (size_t i = 0; i < scan.tokens.size(); ++i) {
    const std::string_view key = scan.tokens[i];
    const bool encodable = BytesFromAlphabet(key, &bytes);
    TALARIA_RETURN_IF_ERROR(Annotate(builder.Add(scan.ids[i], encodable ? bytes : key, encodable), "vocab"));
    if (!encodable) outside.emplace_back(key, scan.ids[i]);
  }
  std::sort(outside.begin(), outside.end());
  for (size_t i = 1; i < outside.size(); ++i) {
    if (outside[i - 1].first != outside[i].first) continue;
    return InvalidArgument("vocab: token ", Quoted(outside[i].first), " has two ids, ", outside[i - 1].second,
                           " and ", outside[i].second);
  }
  for (const AddedToken& token : added.all()) {
    const std::string_view existing = builder.BytesOf(token.id);
    if (existing.empty()) {
      TALARIA_RETURN_IF_ERROR(Annotate(builder.Add(token.id, token.content, false), "added token"));
    } else if (existing != token.content && AlphabetFromBytes(existing) != token.content) {
      return InvalidArgument("id ", token.id, " belongs to the added token ", Quoted(token.content),
                             " and to ", Quoted(existing), " of vocab");
    } else if (token.special || existing != token.content) {
      // The words of a text shall not merge into a special token.
      builder.Replace(token.id, token.content);
    }
    const auto other = std::lower_bound(outside.begin(), outside.end(),
                                        std::pair<std::string_view, int64_t>(token.content, -1));
    if (other != outside.end() && other->first == token.content && other->second != token.id) {
      return InvalidArgument("added token ", Quoted(token.content), " of id ", token.id, " has id ",
                             other->second, " in vocab");
    }
  }
  TALARIA_ASSIGN_OR_RETURN(Vocabulary vocabulary, builder.Build());
  for (const AddedToken& token : added.all()) {
    if (!BytesFromAlphabet(token.content, &bytes)) continue;
    const int32_t id = vocabulary.Find(bytes.data(), bytes.size());
    if (id >= 0 && id != token.id) {
      return InvalidArgument("added token ", Quoted(token.content), " of id ", token.id, " has id ", id,
                             " in vocab");
    }
  }
  return vocabulary;
}

StatusOr<MergeTable> BuildMerges(const TokenizerJsonScan& scan, const Vocabulary& vocabulary,
                                 const AddedTokens& added) {
  std::vector<MergeRule> rules;
  rules.reserve(scan.merges.size() / 2);
  const auto id_of = [&vocabulary](std::string_view bytes) {
    return bytes.empty() ? -1 : vocabulary.Find(bytes.data(), bytes.size());
  };
  // Special tokens were taken out of what encoding may give: merges from and to them are void.
  const auto is_taken_out = [&added](std::string_view bytes) {
    return added.ByContent(bytes) != nullptr || added.ByContent(AlphabetFromBytes(bytes)) != nullptr;
  };
  std::string left, right;
  for (size_t i = 0; i < scan.merges.size(); i += 2) {
    const bool known =
        BytesFromAlphabet(scan.merges[i], &left) && BytesFromAlphabet(scan.merges[i + 1], &right);
    const std::string whole = left + right;
    const MergeRule rule = {id_of(left), id_of(right), id_of(whole), static_cast<uint32_t>(i / 2)};
    if (known && rule.left >= 0 && rule.right >= 0 && rule.merged >= 0) {
      rules.push_back(rule);
      continue;
    }
    const bool is_void = known && (rule.left >= 0 || is_taken_out(left)) &&
                         (rule.right >= 0 || is_taken_out(right)) &&
                         (rule.merged >= 0 || is_taken_out(whole));
    if (!is_void) {
      return InvalidArgument("merges: item ", i / 2, ", ", Quoted(scan.merges[i]), " and ",
                             Quoted(scan.merges[i + 1]), ": a part or the whole is not in vocab");
    }
  }
  return MergeTable::FromRules(rules, vocabulary);
}

}  // namespace

StatusOr<TokenizerParts> PartsFromTokenizerJson(std::string_view text, const std::vector<AddedToken>& more,
                                                int64_t vocab_size, const LogSink* log) {
  TALARIA_ASSIGN_OR_RETURN(const TokenizerJsonScan scan, ScanTokenizerJson(text));
  const json::Value& root = scan.rest;
  TALARIA_RETURN_IF_ERROR(CheckModel(root));
  if (!scan.has_vocab) return InvalidArgument("model: no vocab, expected an object");
  if (!scan.has_merges) return InvalidArgument("model: no merges, expected an array");
  TALARIA_RETURN_IF_ERROR(CheckNormalizer(root.Find("normalizer")));
  TALARIA_RETURN_IF_ERROR(CheckDecoder(root.Find("decoder")));
  for (const char* ignored : {"truncation", "padding"}) {
    if (!IsAbsent(root.Find(ignored)) && log != nullptr)
      log->Log(LogLevel::kWarning, "tokenizer.json: ", ignored, " is ignored");
  }
  const json::Value* pre_tokenizer = root.Find("pre_tokenizer");
  TALARIA_ASSIGN_OR_RETURN(PreTokenizer split,
                           PreTokenizer::FromJson(pre_tokenizer == nullptr ? json::Value() : *pre_tokenizer));
  TALARIA_ASSIGN_OR_RETURN(AddedTokens added, MergeAddedTokens(root, more, log));
  TALARIA_ASSIGN_OR_RETURN(Vocabulary vocabulary, BuildVocabulary(scan, added, vocab_size));
  TALARIA_ASSIGN_OR_RETURN(MergeTable merges, BuildMerges(scan, vocabulary, added));
  std::vector<int32_t> bos_ids;
  if (const json::Value* processor = root.Find("post_processor"); !IsAbsent(processor)) {
    TALARIA_ASSIGN_OR_RETURN(bos_ids, BosIdsFrom(*processor));
    for (const int32_t id : bos_ids) {
      if (vocabulary.LengthOf(id) == 0) return InvalidArgument("post_processor: id ", id, " has no token");
    }
  }
  const json::Value* whole = root.Find("model")->Find("ignore_merges");
  return TokenizerParts{std::move(vocabulary),
                        std::move(merges),
                        std::move(added),
                        std::move(split),
                        !IsAbsent(whole) && *whole->bool_value(),
                        std::move(bos_ids)};
}

}  // namespace talaria
