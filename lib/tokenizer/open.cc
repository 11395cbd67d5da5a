// Tokenizer::Open and the other ways from files to a tokenizer.
#include <utility>

#include "lib/base/file.h"
#include "lib/base/json.h"
#include "lib/tokenizer/added_tokens_json.h"
#include "lib/tokenizer/rank_file.h"
#include "lib/tokenizer/tokenizer.h"
#include "lib/tokenizer/tokenizer_json.h"

namespace talaria {
namespace {

// Llama-3's tokenizer.json is of 9 MB, its rank file of 2.
constexpr uint64_t kMaxTokenizerBytes = uint64_t{64} << 20;
// config.json and tokenizer_config.json, which may hold long templates.
constexpr uint64_t kMaxConfigBytes = uint64_t{16} << 20;

std::shared_ptr<const Tokenizer> Make(TokenizerParts parts) {
  return std::make_shared<const Tokenizer>(std::move(parts));
}

// The object in *folder*'s file *name*; empty where there is no such file.
StatusOr<json::Value> ReadConfig(const std::string& folder, std::string_view name) {
  const std::string path = JoinPath(folder, name);
  TALARIA_ASSIGN_OR_RETURN(const bool is_there, IsRegularFile(path));
  if (!is_there) return json::Value(json::Object());
  TALARIA_ASSIGN_OR_RETURN(const std::string text, ReadWholeFile(path, kMaxConfigBytes));
  StatusOr<json::Value> value = json::Parse(text);
  if (!value.ok()) return Annotate(value.status(), path);
  if (!value->is_object()) return InvalidArgument(path, ": ", value->type_name(), ", expected an object");
  return value;
}

// config.json's vocab_size; 0 where it names none.
StatusOr<int64_t> VocabSizeOf(const std::string& folder) {
  TALARIA_ASSIGN_OR_RETURN(const json::Value config, ReadConfig(folder, "config.json"));
  const json::Value* value = config.Find("vocab_size");
  if (value == nullptr || value->is_null()) return 0;
  const StatusOr<int64_t> size = value->AsInt64();
  if (size.ok() && *size > 0) return *size;
  return InvalidArgument(JoinPath(folder, "config.json"), ": vocab_size is ", json::Write(*value),
                         ", expected a positive integer");
}

// The added tokens of tokenizer_config.json, and the content of its bos_token ("" where it names none).
struct ConfigTokens {
  std::vector<AddedToken> added;
  std::string bos;
};
StatusOr<ConfigTokens> ConfigTokensOf(const std::string& folder) {
  constexpr std::string_view kName = "tokenizer_config.json";
  TALARIA_ASSIGN_OR_RETURN(const json::Value config, ReadConfig(folder, kName));
  ConfigTokens tokens;
  if (const json::Value* decoder = config.Find("added_tokens_decoder");
      decoder != nullptr && !decoder->is_null()) {
    StatusOr<std::vector<AddedToken>> added = AddedTokensFromDecoder(*decoder);
    if (!added.ok()) return Annotate(added.status(), JoinPath(folder, kName));
    tokens.added = *std::move(added);
    // Also where tokenizer.json has the last word: this file alone must make sense.
    TALARIA_RETURN_IF_ERROR(Annotate(AddedTokens::Create(tokens.added).status(), JoinPath(folder, kName)));
  }
  const json::Value* bos = config.Find("bos_token");
  if (bos != nullptr && bos->is_object()) bos = bos->Find("content");
  if (bos != nullptr && bos->is_string()) tokens.bos = *bos->string();
  return tokens;
}

StatusOr<TokenizerParts> PartsOfFolder(const std::string& folder, Tokenizer::Options options) {
  if (options.vocab_size == 0) {
    TALARIA_ASSIGN_OR_RETURN(options.vocab_size, VocabSizeOf(folder));
  }
  TALARIA_ASSIGN_OR_RETURN(ConfigTokens config, ConfigTokensOf(folder));
  const std::string json_path = JoinPath(folder, "tokenizer.json");
  TALARIA_ASSIGN_OR_RETURN(const bool has_json, IsRegularFile(json_path));
  if (has_json) {
    TALARIA_ASSIGN_OR_RETURN(const std::string text, ReadWholeFile(json_path, kMaxTokenizerBytes));
    StatusOr<TokenizerParts> parts =
        PartsFromTokenizerJson(text, config.added, options.vocab_size, options.log);
    if (!parts.ok()) return Annotate(parts.status(), json_path);
    // Chat templates write bos_token where the post-processor writes nothing.
    const AddedToken* bos = parts->bos_ids.empty() ? parts->added.ByContent(config.bos) : nullptr;
    if (bos != nullptr) parts->bos_ids = {bos->id};
    return parts;
  }
  const std::string rank_path = JoinPath(folder, "tokenizer.model");
  TALARIA_ASSIGN_OR_RETURN(const bool has_ranks, IsRegularFile(rank_path));
  if (!has_ranks) return NotFound(folder, ": neither tokenizer.json nor tokenizer.model");
  if (config.added.empty() && options.log != nullptr) {
    options.log->Log(LogLevel::kWarning, folder,
                     ": no added_tokens_decoder in tokenizer_config.json: no added tokens");
  }
  TALARIA_ASSIGN_OR_RETURN(const std::string ranks, ReadWholeFile(rank_path, kMaxTokenizerBytes));
  StatusOr<TokenizerParts> parts =
      PartsFromRankFile(ranks, std::move(config.added), kLlama3Pattern, options.vocab_size);
  if (!parts.ok()) return Annotate(parts.status(), rank_path);
  if (const AddedToken* bos = parts->added.ByContent(config.bos)) parts->bos_ids = {bos->id};
  return parts;
}

}  // namespace

StatusOr<std::shared_ptr<const Tokenizer>> Tokenizer::Open(const std::string& path, const Options& options) {
  TALARIA_ASSIGN_OR_RETURN(const bool is_folder, IsFolder(path));
  if (is_folder) {
    TALARIA_ASSIGN_OR_RETURN(TokenizerParts parts, PartsOfFolder(path, options));
    return Make(std::move(parts));
  }
  TALARIA_ASSIGN_OR_RETURN(const std::string text, ReadWholeFile(path, kMaxTokenizerBytes));
  const size_t first = text.find_first_not_of(" \t\r\n");
  const bool is_json = first != std::string::npos && text[first] == '{';
  StatusOr<std::shared_ptr<const Tokenizer>> tokenizer =
      is_json ? FromTokenizerJson(text, options) : FromRankFile(text, {}, options);
  if (!tokenizer.ok()) return Annotate(tokenizer.status(), path);
  return tokenizer;
}

StatusOr<std::shared_ptr<const Tokenizer>> Tokenizer::OpenRankFile(const std::string& ranks_path,
                                                                   const std::string& map_path,
                                                                   const Options& options) {
  TALARIA_ASSIGN_OR_RETURN(const std::string ranks, ReadWholeFile(ranks_path, kMaxTokenizerBytes));
  TALARIA_ASSIGN_OR_RETURN(const std::string map, ReadWholeFile(map_path, kMaxConfigBytes));
  const StatusOr<json::Value> list = json::Parse(map);
  if (!list.ok()) return Annotate(list.status(), map_path);
  StatusOr<std::vector<AddedToken>> added = AddedTokensFromList(*list);
  if (!added.ok()) return Annotate(added.status(), map_path);
  StatusOr<std::shared_ptr<const Tokenizer>> tokenizer = FromRankFile(ranks, *std::move(added), options);
  if (!tokenizer.ok()) return Annotate(tokenizer.status(), Cat(ranks_path, " with ", map_path));
  return tokenizer;
}

StatusOr<std::shared_ptr<const Tokenizer>> Tokenizer::FromTokenizerJson(std::string_view text,
                                                                        const Options& options) {
  TALARIA_ASSIGN_OR_RETURN(TokenizerParts parts,
                           PartsFromTokenizerJson(text, {}, options.vocab_size, options.log));
  return Make(std::move(parts));
}

StatusOr<std::shared_ptr<const Tokenizer>> Tokenizer::FromRankFile(std::string_view ranks,
                                                                   std::vector<AddedToken> added,
                                                                   const Options& options,
                                                                   std::string_view pattern) {
  TALARIA_ASSIGN_OR_RETURN(TokenizerParts parts,
                           PartsFromRankFile(ranks, std::move(added), pattern, options.vocab_size));
  return Make(std::move(parts));
}

}  // namespace talaria
