#include "lib/tokenizer/region_encoder.h"

#include <algorithm>

#include "lib/tokenizer/bpe.h"
#include "lib/tokenizer/llama3_splitter.h"
#include "lib/tokenizer/piece_cache.h"

namespace talaria {
namespace {

using Match = AddedTokenMatcher::Match;

// The matches of one group of added tokens in text[begin, end), a stretch between matches of the group before
// it. *region* is the first one that may reach into the stretch, and is moved on past those that end in it.
void FindIn(const AddedTokenMatcher& matcher, std::string_view text, size_t begin, size_t end,
            const std::vector<EncodeRegion>& regions, size_t* region, std::vector<Match>* matches) {
  for (; *region < regions.size() && regions[*region].begin < end; ++*region) {
    const EncodeRegion& here = regions[*region];
    const size_t from = std::max(begin, here.begin);
    const size_t to = std::min(end, here.end);
    if (from < to) matcher.FindAll(text, {from, to, begin, end}, *here.rules, matches);
    if (here.end > end) break;
  }
}

// All matches in *text*, in their order: the tokens that are not "normalized" first, the others in what those
// leave.
std::vector<Match> FindAddedTokens(const AddedTokens& added, std::string_view text,
                                   const std::vector<EncodeRegion>& regions) {
  std::vector<Match> matches;
  size_t region = 0;
  FindIn(added.plain(), text, 0, text.size(), regions, &region, &matches);
  if (added.normalized().empty()) return matches;
  std::vector<Match> all;
  std::vector<Match> between;
  region = 0;
  size_t at = 0;
  const auto search_until = [&](size_t end) {
    if (end <= at) return;
    between.clear();
    FindIn(added.normalized(), text, at, end, regions, &region, &between);
    all.insert(all.end(), between.begin(), between.end());
  };
  for (const Match& match : matches) {
    search_until(match.begin);
    all.push_back(match);
    at = std::max(at, match.end);
  }
  search_until(text.size());
  return all;
}

// Encodes ordinary text, stretch by stretch.
class OrdinaryEncoder {
 public:
  OrdinaryEncoder(const TokenizerParts& parts, std::string_view text, IdWriter* writer)
      : parts_(parts),
        readable_(text.size() < 16 ? text.data() : text.data() + text.size() - 16 + 1),
        merger_(parts.vocabulary, parts.merges),
        writer_(writer) {}

  Status Encode(std::string_view stretch) {
    if (parts_.pre_tokenizer.is_llama3()) {
      const char* const end = stretch.data() + stretch.size();
      for (const char* piece = stretch.data(); piece < end;) {
        const char* const next = Llama3PieceEnd(piece, end);
        EncodePiece({piece, static_cast<size_t>(next - piece)});
        piece = next;
      }
    } else {
      TALARIA_RETURN_IF_ERROR(parts_.pre_tokenizer.Split(stretch, &pieces_));
      for (const std::string_view piece : pieces_) EncodePiece(piece);
    }
    Drain();
    return absl::OkStatus();
  }

 private:
  // Pieces are looked up in batches: a vocabulary is larger than a near cache, and the memory that one lookup
  // waits for arrives while the next pieces are split. From 8 on more gains little.
  static constexpr size_t kBatch = 16;

  void EncodePiece(std::string_view piece) {
    if (waiting_ == kBatch) Drain();
    batch_[waiting_++] =
        Vocabulary::Probe(parts_.vocabulary, piece.data(), piece.size(), piece.data() < readable_);
  }
  void Drain() {
    for (size_t i = 0; i < waiting_; ++i) {
      const int32_t id = parts_.whole_pieces ? batch_[i].Find(parts_.vocabulary) : -1;
      if (id >= 0) {
        writer_->Put(id);
      } else {
        Merge(batch_[i].piece());
      }
    }
    waiting_ = 0;
  }
  void Merge(std::string_view piece) {
    absl::Span<const int32_t> ids = cache_.Find(piece);
    if (ids.empty()) {
      ids = merger_.Encode(piece);
      cache_.Put(piece, ids);
    }
    for (const int32_t id : ids) writer_->Put(id);
  }

  const TokenizerParts& parts_;
  const char* const readable_;  // before here, 16 bytes may be read
  BytePairEncoder merger_;
  PieceCache cache_;
  std::vector<std::string_view> pieces_;
  std::array<Vocabulary::Probe, kBatch> batch_;
  size_t waiting_ = 0;
  IdWriter* const writer_;
};

}  // namespace

Status EncodeRegions(const TokenizerParts& parts, std::string_view text,
                     const std::vector<EncodeRegion>& regions, IdWriter* writer) {
  OrdinaryEncoder ordinary(parts, text, writer);
  size_t at = 0;
  for (const Match& match : FindAddedTokens(parts.added, text, regions)) {
    if (match.begin > at) TALARIA_RETURN_IF_ERROR(ordinary.Encode(text.substr(at, match.begin - at)));
    writer->Put(match.id);
    at = std::max(at, match.end);
  }
  return at < text.size() ? ordinary.Encode(text.substr(at)) : absl::OkStatus();
}

}  // namespace talaria
