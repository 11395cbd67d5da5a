#include "lib/tokenizer/rank_file.h"

#include <charconv>

#include "lib/base/base64.h"

namespace talaria {
namespace {

Status AddLine(std::string_view line, std::string* token, Vocabulary::Builder* builder) {
  const size_t space = line.find(' ');
  if (space == std::string_view::npos)
    return InvalidArgument(Quoted(line), ", expected base64, a space and a rank");
  if (space == 0 || !DecodeBase64(line.substr(0, space), token)) {
    return InvalidArgument(Quoted(line.substr(0, space)), " is no base64");
  }
  const std::string_view digits = line.substr(space + 1);
  int64_t rank = -1;
  const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), rank);
  if (digits.empty() || digits[0] == '-' || parsed.ec != std::errc() ||
      parsed.ptr != digits.data() + digits.size()) {
    return InvalidArgument(Quoted(digits), " is no rank");
  }
  return builder->Add(rank, *token, true);
}

}  // namespace

StatusOr<TokenizerParts> PartsFromRankFile(std::string_view ranks, std::vector<AddedToken> added,
                                           std::string_view pattern, int64_t vocab_size) {
  Vocabulary::Builder builder(vocab_size);
  std::string token;
  int64_t line_number = 0;
  for (std::string_view rest = ranks; !rest.empty();) {
    ++line_number;
    const size_t end = rest.find('\n');
    std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (line.empty()) continue;
    if (const Status status = AddLine(line, &token, &builder); !status.ok()) {
      return Annotate(status, Cat("line ", line_number));
    }
  }
  const size_t count = builder.size();
  if (count == 0) return InvalidArgument("no ranks");
  for (size_t rank = 0; rank < count; ++rank) {
    if (builder.BytesOf(static_cast<int64_t>(rank)).empty()) {
      return InvalidArgument("rank ", rank, " is missing among ", count);
    }
  }
  TALARIA_ASSIGN_OR_RETURN(AddedTokens added_tokens, AddedTokens::Create(std::move(added)));
  for (const AddedToken& each : added_tokens.all()) {
    TALARIA_RETURN_IF_ERROR(Annotate(builder.Add(each.id, each.content, false), "added token"));
  }
  TALARIA_ASSIGN_OR_RETURN(Vocabulary vocabulary, builder.Build());
  TALARIA_ASSIGN_OR_RETURN(MergeTable merges, MergeTable::FromRanks(vocabulary));
  TALARIA_ASSIGN_OR_RETURN(PreTokenizer pre_tokenizer, PreTokenizer::FromPattern(pattern));
  return TokenizerParts{
      std::move(vocabulary), std::move(merges), std::move(added_tokens), std::move(pre_tokenizer), true, {}};
}

}  // namespace talaria
