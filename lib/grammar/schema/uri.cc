#include "lib/grammar/schema/uri.h"

#include "lib/base/text.h"

namespace talaria::grammar {
namespace {

// The five parts of RFC 3986 appendix B; an absent one is not the same as an empty one.
struct Parts {
  std::optional<std::string_view> scheme;
  std::optional<std::string_view> authority;
  std::string_view path;
  std::optional<std::string_view> query;
  std::optional<std::string_view> fragment;
};

Parts Split(std::string_view text) {
  Parts parts;
  if (const size_t hash = text.find('#'); hash != std::string_view::npos) {
    parts.fragment = text.substr(hash + 1);
    text = text.substr(0, hash);
  }
  if (const size_t mark = text.find('?'); mark != std::string_view::npos) {
    parts.query = text.substr(mark + 1);
    text = text.substr(0, mark);
  }
  const size_t colon = text.find(':');
  if (colon != std::string_view::npos && colon > 0 && text.substr(0, colon).find('/') == std::string_view::npos) {
    parts.scheme = text.substr(0, colon);
    text.remove_prefix(colon + 1);
  }
  if (text.substr(0, 2) == "//") {
    text.remove_prefix(2);
    const size_t end = text.find('/');
    parts.authority = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view() : text.substr(end);
  }
  parts.path = text;
  return parts;
}

// Section 5.2.4.
std::string WithoutDots(std::string_view path) {
  std::string out;
  while (!path.empty()) {
    if (path.substr(0, 3) == "../") {
      path.remove_prefix(3);
    } else if (path.substr(0, 2) == "./" || path.substr(0, 3) == "/./") {
      path.remove_prefix(2);
    } else if (path == "/.") {
      path = "/";
    } else if (path.substr(0, 4) == "/../" || path == "/..") {
      path = path == "/.." ? std::string_view("/") : path.substr(3);
      const size_t slash = out.rfind('/');
      out.erase(slash == std::string::npos ? 0 : slash);
    } else if (path == "." || path == "..") {
      path = {};
    } else {
      const size_t next = path.find('/', 1);
      out += path.substr(0, next);
      path = next == std::string_view::npos ? std::string_view() : path.substr(next);
    }
  }
  return out;
}

// Section 5.2.3.
std::string Merged(const Parts& base, std::string_view path) {
  if (base.authority.has_value() && base.path.empty()) return Cat("/", path);
  const size_t slash = base.path.rfind('/');
  return Cat(slash == std::string_view::npos ? std::string_view() : base.path.substr(0, slash + 1), path);
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::string ResolveUri(std::string_view base_text, std::string_view reference_text) {
  const Parts base = Split(base_text);
  const Parts reference = Split(reference_text);
  Parts target = reference;
  std::string path;
  if (reference.scheme.has_value() || reference.authority.has_value()) {
    if (!reference.scheme.has_value()) target.scheme = base.scheme;
    path = WithoutDots(reference.path);
  } else {
    target.scheme = base.scheme;
    target.authority = base.authority;
    if (reference.path.empty()) {
      path = std::string(base.path);
      if (!reference.query.has_value()) target.query = base.query;
    } else {
      path = WithoutDots(reference.path[0] == '/' ? std::string(reference.path) : Merged(base, reference.path));
    }
  }
  std::string out;
  if (target.scheme.has_value()) out += Cat(*target.scheme, ":");
  if (target.authority.has_value()) out += Cat("//", *target.authority);
  out += path;
  if (target.query.has_value()) out += Cat("?", *target.query);
  if (reference.fragment.has_value()) out += Cat("#", *reference.fragment);
  return out;
}

std::string_view WithoutFragment(std::string_view uri) { return uri.substr(0, uri.find('#')); }

std::optional<std::string_view> FragmentOf(std::string_view uri) {
  const size_t hash = uri.find('#');
  if (hash == std::string_view::npos) return std::nullopt;
  return uri.substr(hash + 1);
}

std::string PercentDecoded(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && HexDigit(text[i + 1]) >= 0 && HexDigit(text[i + 2]) >= 0) {
      out += static_cast<char>(HexDigit(text[i + 1]) * 16 + HexDigit(text[i + 2]));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

}  // namespace talaria::grammar
