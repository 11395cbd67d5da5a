#ifndef TALARIA_EXAMPLES_CLI_RAW_JSON_H_
#define TALARIA_EXAMPLES_CLI_RAW_JSON_H_

#include <optional>
#include <string>
#include <string_view>

namespace talaria::cli {

// The text of member *key* of the JSON object *object*, which is well formed: as it stands there, so that
// numbers keep their digits on the way to the library. The last one where a key comes twice; nothing where
// there is none.
std::optional<std::string_view> RawMember(std::string_view object, std::string_view key);

}  // namespace talaria::cli

#endif  // TALARIA_EXAMPLES_CLI_RAW_JSON_H_
