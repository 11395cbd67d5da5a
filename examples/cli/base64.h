#ifndef TALARIA_EXAMPLES_CLI_BASE64_H_
#define TALARIA_EXAMPLES_CLI_BASE64_H_

#include <optional>
#include <string>
#include <string_view>

namespace talaria::cli {

// RFC 4648, section 4, with padding.
std::string EncodeBase64(std::string_view bytes);
// Nothing for text that is not the canonical form of some bytes.
std::optional<std::string> DecodeBase64(std::string_view text);

}  // namespace talaria::cli

#endif  // TALARIA_EXAMPLES_CLI_BASE64_H_
