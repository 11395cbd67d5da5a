#ifndef TALARIA_LIB_TOKENIZER_LLAMA3_SPLITTER_H_
#define TALARIA_LIB_TOKENIZER_LLAMA3_SPLITTER_H_

#include <cstdint>
#include <string_view>

namespace talaria {

// The pattern that Llama 3's tokenizer splits text by before it merges bytes (meta-llama/llama-models,
// models/llama3/tokenizer.py), and that its tokenizer.json names.
inline constexpr std::string_view kLlama3Pattern =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*)"
    R"(|\s*[\r\n]+|\s+(?!\S)|\s+)";

// The end of the first match of that pattern in the valid UTF-8 text [text, end), which is not empty. Every
// character is part of a match, so calling this again from each end gives the pieces of the whole; in all,
// linear time. Classes of characters are Unicode 16's.
const char* Llama3PieceEnd(const char* text, const char* end);
// The same, adding to *bytes_read how many bytes were looked at: in all calls over a text, at most four times
// its size, which is what linear time rests on and tests hold.
const char* Llama3PieceEnd(const char* text, const char* end, uint64_t* bytes_read);

}  // namespace talaria

#endif  // TALARIA_LIB_TOKENIZER_LLAMA3_SPLITTER_H_
