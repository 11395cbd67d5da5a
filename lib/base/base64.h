#ifndef TALARIA_LIB_BASE_BASE64_H_
#define TALARIA_LIB_BASE_BASE64_H_

#include <string>
#include <string_view>

namespace talaria {

// RFC 4648, section 4, with padding.
std::string EncodeBase64(std::string_view bytes);

// Replaces *bytes* by what *text* stands for. False, with *bytes* unspecified, for anything but the one
// canonical form: a character outside the alphabet, white space, padding that is missing or misplaced, bits
// set that no byte takes.
bool DecodeBase64(std::string_view text, std::string* bytes);

}  // namespace talaria

#endif  // TALARIA_LIB_BASE_BASE64_H_
