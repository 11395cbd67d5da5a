#ifndef TALARIA_LIB_GRAMMAR_SCHEMA_URI_H_
#define TALARIA_LIB_GRAMMAR_SCHEMA_URI_H_

#include <optional>
#include <string>
#include <string_view>

namespace talaria::grammar {

// *reference* against *base*, both without being checked, by RFC 3986 section 5.2. The fragment is that of the
// reference.
std::string ResolveUri(std::string_view base, std::string_view reference);

// What stands before the first '#', and after it: no '#' gives nullopt.
std::string_view WithoutFragment(std::string_view uri);
std::optional<std::string_view> FragmentOf(std::string_view uri);

// %HH as the byte; a '%' that no two hexadecimal digits follow stays.
std::string PercentDecoded(std::string_view text);

}  // namespace talaria::grammar

#endif  // TALARIA_LIB_GRAMMAR_SCHEMA_URI_H_
