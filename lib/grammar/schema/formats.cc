#include "lib/grammar/schema/formats.h"

#include <array>
#include <utility>

#include "lib/base/text.h"
#include "lib/grammar/regex/pattern.h"
#include "lib/grammar/schema/document.h"

namespace talaria::grammar {
namespace {

// RFC 3339, with 29 February in leap years alone. A leap second is allowed at UTC alone: which minute is 23:59
// there is not for a table like this one.
constexpr std::string_view kDate =
    "(?:[0-9]{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)"
    "|02-(?:0[1-9]|1[0-9]|2[0-8]))"
    "|(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)-02-29)";
constexpr std::string_view kTime =
    "(?:(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\\.[0-9]+)?(?:[Zz]|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])"
    "|23:59:60(?:\\.[0-9]+)?(?:[Zz]|[+-]00:00))";
// RFC 3339 appendix A.
constexpr std::string_view kDuration =
    "P(?:[0-9]+W|(?:[0-9]+D|[0-9]+M(?:[0-9]+D)?|[0-9]+Y(?:[0-9]+M(?:[0-9]+D)?)?)"
    "(?:T(?:[0-9]+H(?:[0-9]+M(?:[0-9]+S)?)?|[0-9]+M(?:[0-9]+S)?|[0-9]+S))?"
    "|T(?:[0-9]+H(?:[0-9]+M(?:[0-9]+S)?)?|[0-9]+M(?:[0-9]+S)?|[0-9]+S))";
constexpr std::string_view kHostname =
    "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:\\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*";
constexpr std::string_view kIpv4 =
    "(?:(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])\\.){3}(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])";
constexpr std::string_view kAtom = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+";
constexpr std::string_view kUuid = "[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}";
constexpr std::string_view kPointer = "(?:/(?:[^/~]|~[01])*)*";

// RFC 4291 section 2.2: eight groups, or fewer around one "::", the last two perhaps as an IPv4 address.
std::string Ipv6() {
  const std::string group = "[0-9A-Fa-f]{1,4}";
  const std::string last = Cat("(?:", group, ":", group, "|", kIpv4, ")");
  std::string all = Cat("(?:(?:", group, ":){6}", last);
  for (int left = 0; left <= 7; ++left) {
    const std::string before = left == 0 ? std::string() : Cat("(?:", group, ":){", left - 1, "}", group);
    // What may follow "::": up to 7 - left groups.
    all += Cat("|", before, "::(?:");
    const int right = 7 - left;
    if (right >= 2) all += Cat("(?:", group, ":){0,", right - 2, "}", last, "|");
    if (right >= 1) all += Cat(group, "|");
    all += ")";
  }
  return all + ")";
}

// RFC 3986 appendix A.
std::string UriTail() {
  return "(?:\\?(?:[A-Za-z0-9._~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2})*)?"
         "(?:#(?:[A-Za-z0-9._~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2})*)?";
}
std::string UriAuthority() {
  return Cat("//(?:(?:[A-Za-z0-9._~!$&'()*+,;=:-]|%[0-9A-Fa-f]{2})*@)?",
             "(?:\\[(?:", Ipv6(), "|[vV][0-9A-Fa-f]+\\.[A-Za-z0-9._~!$&'()*+,;=:-]+)\\]",
             "|(?:[A-Za-z0-9._~!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*)(?::[0-9]*)?",
             "(?:/(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})*)*");
}
constexpr std::string_view kSegments =
    "/?(?:(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})+(?:/(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})*)*)?";
std::string Uri() { return Cat("[A-Za-z][A-Za-z0-9+.-]*:(?:", UriAuthority(), "|", kSegments, ")", UriTail()); }
std::string UriReference() {
  constexpr std::string_view kRelative =
      "(?:/(?:(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})+(?:/(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})*)*)?"
      "|(?:[A-Za-z0-9._~!$&'()*+,;=@-]|%[0-9A-Fa-f]{2})+(?:/(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})*)*|)";
  return Cat("(?:", Uri(), "|(?:", UriAuthority(), "|", kRelative, ")", UriTail(), ")");
}
std::string Email() {
  return Cat("(?:", kAtom, "(?:\\.", kAtom, ")*|\"(?:[\\x20\\x21\\x23-\\x5B\\x5D-\\x7E]|\\\\[\\x20-\\x7E])*\")@(?:",
             kHostname, "|\\[", kIpv4, "\\]|\\[IPv6:", Ipv6(), "\\])");
}

constexpr std::array<std::string_view, 6> kRefused = {"idn-email", "idn-hostname", "iri",
                                                      "iri-reference", "uri-template", "regex"};

// "" for a name that is not here.
std::string PatternOf(std::string_view name) {
  if (name == "date") return std::string(kDate);
  if (name == "time") return std::string(kTime);
  if (name == "date-time") return Cat(kDate, "[Tt]", kTime);
  if (name == "duration") return std::string(kDuration);
  if (name == "email") return Email();
  if (name == "hostname") return std::string(kHostname);
  if (name == "ipv4") return std::string(kIpv4);
  if (name == "ipv6") return Ipv6();
  if (name == "uuid") return std::string(kUuid);
  if (name == "uri") return Uri();
  if (name == "uri-reference") return UriReference();
  if (name == "json-pointer") return std::string(kPointer);
  if (name == "relative-json-pointer") return Cat("(?:0|[1-9][0-9]*)(?:#|", kPointer, ")");
  return "";
}

}  // namespace

StatusOr<std::optional<Regex>> FormatRegex(std::string_view name, std::string_view pointer, TextForm form,
                                           RegexPool* pool) {
  for (const std::string_view refused : kRefused) {
    if (name == refused) return Unsupported("format", pointer, name);
  }
  const std::string pattern = PatternOf(name);
  if (pattern.empty()) return std::optional<Regex>();
  const StatusOr<Regex> regex = ParsePattern(pattern, PatternUse::kWhole, form, pool);
  if (!regex.ok()) return Unsupported("format", pointer, Cat(name, ": ", Message(regex.status())));
  if (name != "hostname") return std::optional<Regex>(*regex);
  return std::optional<Regex>(pool->And(*regex, TextOfLength(1, 253, form, pool)));
}

}  // namespace talaria::grammar
