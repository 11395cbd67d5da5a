#include "lib/tokenizer/vocabulary.h"

#include <algorithm>

#include "lib/base/utf8.h"

namespace talaria {

Vocabulary::LongSlot Vocabulary::LongSlot::Of(const char* bytes, size_t length) {
  // Bytes that differ in one place only, and lengths, meet in different words: each is multiplied before the
  // next comes.
  uint64_t hash = length * 0xD6E8FEB86659FD93u;
  const auto mix = [&hash](uint64_t word) {
    hash = (hash ^ word) * 0x9E3779B97F4A7C15u;
    hash ^= hash >> 32;
  };
  for (size_t i = 0; i + 8 < length; i += 8) mix(LoadWord(bytes + i));
  mix(LoadWord(bytes + length - 8));
  return {hash, {bytes, length}, -1};
}

int32_t Vocabulary::FindLong(const char* piece, size_t length) const {
  if (length > longest_) return -1;
  const LongSlot* slot = long_.Find(LongSlot::Of(piece, length));
  return slot == nullptr ? -1 : slot->id;
}

Status Vocabulary::Builder::Add(int64_t id, std::string_view bytes, bool encodable) {
  if (id < 0 || id >= limit_) {
    return InvalidArgument("token ", Quoted(bytes), " has id ", id, ", expected one from 0 to ", limit_ - 1);
  }
  if (bytes.empty()) return InvalidArgument("the token of id ", id, " is empty");
  if (static_cast<size_t>(id) >= token_of_.size()) token_of_.resize(static_cast<size_t>(id) + 1, -1);
  int32_t& token = token_of_[static_cast<size_t>(id)];
  if (token >= 0) {
    return InvalidArgument("id ", id, " belongs to two tokens, ", Quoted(BytesOf(id)), " and ",
                           Quoted(bytes));
  }
  if (bytes_.size() + bytes.size() > UINT32_MAX) return ResourceExhausted("tokens of more than 4 GiB");
  token = static_cast<int32_t>(tokens_.size());
  tokens_.push_back({static_cast<int32_t>(id), static_cast<uint32_t>(bytes_.size()),
                     static_cast<uint32_t>(bytes.size()), encodable});
  bytes_.append(bytes);
  return absl::OkStatus();
}

std::string_view Vocabulary::Builder::BytesOf(int64_t id) const {
  if (id < 0 || static_cast<size_t>(id) >= token_of_.size() || token_of_[static_cast<size_t>(id)] < 0)
    return {};
  const Token& token = tokens_[static_cast<size_t>(token_of_[static_cast<size_t>(id)])];
  return std::string_view(bytes_).substr(token.begin, token.bytes);
}

void Vocabulary::Builder::Replace(int32_t id, std::string_view bytes) {
  Token& token = tokens_[static_cast<size_t>(token_of_[static_cast<size_t>(id)])];
  token.begin = static_cast<uint32_t>(bytes_.size());
  token.bytes = static_cast<uint32_t>(bytes.size());
  token.encodable = false;
  bytes_.append(bytes);
}

StatusOr<Vocabulary> Vocabulary::Builder::Build() const {
  Vocabulary vocabulary;
  std::vector<char>& bytes = vocabulary.bytes_;
  // All of it at once: slots point into it.
  bytes.reserve(bytes_.size());
  vocabulary.begin_.reserve(token_of_.size() + 1);
  vocabulary.spellings_.resize(token_of_.size());
  vocabulary.byte_ids_.fill(-1);
  std::vector<ShortSlot> short_slots;
  short_slots.reserve(tokens_.size());
  std::vector<LongSlot> long_slots;
  const auto twice = [this](int32_t first, int32_t second) {
    return InvalidArgument("token ", Quoted(BytesOf(first)), " has two ids, ", std::min(first, second),
                           " and ", std::max(first, second));
  };
  for (size_t id = 0; id < token_of_.size(); ++id) {
    vocabulary.begin_.push_back(static_cast<uint32_t>(bytes.size()));
    if (token_of_[id] < 0) continue;
    const Token& token = tokens_[static_cast<size_t>(token_of_[id])];
    const std::string_view text = std::string_view(bytes_).substr(token.begin, token.bytes);
    const size_t begin = bytes.size();
    bytes.insert(bytes.end(), text.begin(), text.end());
    Spelling& spelling = vocabulary.spellings_[id];
    spelling.length = static_cast<uint8_t>(std::min(text.size(), Spelling::kMost + 1));
    spelling.is_utf8 = IsValidUtf8(text);
    if (text.size() <= Spelling::kMost) std::copy(text.begin(), text.end(), spelling.bytes);
    if (!token.encodable) continue;
    if (token.bytes == 1) {
      int32_t& byte_id = vocabulary.byte_ids_[static_cast<unsigned char>(text[0])];
      if (byte_id >= 0) return twice(byte_id, token.id);
      byte_id = token.id;
    }
    if (token.bytes <= kShort) {
      short_slots.push_back(ShortSlot::Of(text.data(), text.size()));
      short_slots.back().id = token.id;
    } else {
      long_slots.push_back(LongSlot::Of(bytes.data() + begin, text.size()));
      long_slots.back().id = token.id;
      vocabulary.longest_ = std::max(vocabulary.longest_, text.size());
    }
  }
  vocabulary.begin_.push_back(static_cast<uint32_t>(bytes.size()));
  const auto on_duplicate = [&twice](const auto& first, const auto& second) {
    return twice(first.id, second.id);
  };
  TALARIA_RETURN_IF_ERROR(vocabulary.short_.Build(short_slots, on_duplicate));
  TALARIA_RETURN_IF_ERROR(vocabulary.long_.Build(long_slots, on_duplicate));
  for (size_t byte = 0; byte < vocabulary.byte_ids_.size(); ++byte) {
    if (vocabulary.byte_ids_[byte] < 0) {
      const char missing = static_cast<char>(static_cast<unsigned char>(byte));
      return InvalidArgument("no token for the single byte ", Quoted({&missing, 1}),
                             ": it could not be encoded");
    }
  }
  return vocabulary;
}

}  // namespace talaria
