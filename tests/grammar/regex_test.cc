#include "lib/grammar/regex/regex.h"

#include <doctest/doctest.h>

#include <random>
#include <set>
#include <string>
#include <vector>

#include "lib/grammar/regex/pattern.h"
#include "tests/grammar/random_grammar.h"

namespace {

using namespace talaria::grammar;

// What a regular expression means, by sets of texts up to a length over two letters.
struct Meaning {
  Regex regex;
  std::set<std::string> texts;
};

std::vector<std::string> AllTexts(size_t longest) {
  std::vector<std::string> texts = {""};
  for (size_t i = 0; i < texts.size(); ++i) {
    if (texts[i].size() < longest) {
      texts.push_back(texts[i] + "a");
      texts.push_back(texts[i] + "b");
    }
  }
  return texts;
}

constexpr size_t kLongest = 5;

std::set<std::string> Join(const std::set<std::string>& a, const std::set<std::string>& b) {
  std::set<std::string> joined;
  for (const std::string& left : a) {
    for (const std::string& right : b) {
      if (left.size() + right.size() <= kLongest) joined.insert(left + right);
    }
  }
  return joined;
}

Meaning Random(std::mt19937* random, RegexPool* pool, int depth) {
  const auto below = [&] { return Random(random, pool, depth - 1); };
  switch (depth == 0 ? (*random)() % 3 : (*random)() % 9) {
    case 0:
      return {pool->Literal("a"), {"a"}};
    case 1:
      return {pool->Literal("ba"), {"ba"}};
    case 2:
      return {pool->Set(ByteSet::Range('a', 'b')), {"a", "b"}};
    case 3:
    case 4: {
      const Meaning a = below();
      const Meaning b = below();
      return {pool->Concat(a.regex, b.regex), Join(a.texts, b.texts)};
    }
    case 5: {
      Meaning a = below();
      const Meaning b = below();
      a.texts.insert(b.texts.begin(), b.texts.end());
      return {pool->Or(a.regex, b.regex), a.texts};
    }
    case 6: {
      const Meaning a = below();
      const Meaning b = below();
      std::set<std::string> both;
      for (const std::string& text : a.texts) {
        if (b.texts.count(text) != 0) both.insert(text);
      }
      return {pool->And(a.regex, b.regex), both};
    }
    case 7: {
      const Meaning a = below();
      std::set<std::string> others;
      for (const std::string& text : AllTexts(kLongest)) {
        if (a.texts.count(text) == 0) others.insert(text);
      }
      // Over the two letters alone.
      const Regex letters = pool->Star(pool->Set(ByteSet::Range('a', 'b')));
      return {pool->And(pool->Not(a.regex), letters), others};
    }
    default: {
      const Meaning a = below();
      const uint64_t min = (*random)() % 3;
      const bool unbounded = (*random)() % 2 == 0;
      const uint64_t max = min + (*random)() % 3;
      std::set<std::string> all;
      std::set<std::string> times = {""};
      for (uint64_t i = 0; i <= (unbounded ? min + kLongest + 1 : max); ++i) {
        if (i >= min) all.insert(times.begin(), times.end());
        times = Join(times, a.texts);
      }
      return {pool->Repeat(a.regex, min, unbounded ? kUnbounded : max), all};
    }
  }
}

TEST_CASE("random regular expressions match what sets of texts say") {
  std::mt19937 random(3);
  const std::vector<std::string> texts = AllTexts(kLongest);
  for (int i = 0; i < 3000; ++i) {
    RegexPool pool;
    const Meaning meaning = Random(&random, &pool, 4);
    for (const std::string& text : texts) {
      CAPTURE(i);
      CAPTURE(text);
      REQUIRE(pool.Matches(meaning.regex, text) == (meaning.texts.count(text) != 0));
    }
    const auto possible = pool.IsPossible(meaning.regex);
    REQUIRE(possible.ok());
    if (!meaning.texts.empty()) REQUIRE(*possible);
    REQUIRE(pool.status().ok());
    // Clamped, it cannot be told apart by short texts' beginnings.
    const Regex clamped = pool.Clamp(meaning.regex, 2);
    for (const std::string& text : texts) {
      if (text.size() > 2) continue;
      REQUIRE(pool.Matches(clamped, text) == pool.Matches(meaning.regex, text));
    }
  }
}

TEST_CASE("a repeat is one node however often") {
  RegexPool pool;
  const Regex many = pool.Repeat(pool.Literal("ab"), 0, 1000000000);
  const size_t before = pool.size();
  Regex at = many;
  for (int i = 0; i < 1000; ++i) at = pool.Derivative(at, i % 2 == 0 ? 'a' : 'b');
  CHECK(pool.Nullable(at));
  CHECK(pool.size() - before < 3100);
  CHECK(pool.Clamp(at, 20) == pool.Clamp(many, 20));
}

TEST_CASE("thousands of words share their beginnings") {
  RegexPool pool;
  std::vector<std::string> words;
  for (int i = 0; i < 10000; ++i) words.push_back("word" + std::to_string(i * 7919));
  const std::vector<std::string_view> views(words.begin(), words.end());
  Regex any = pool.AnyOf(views);
  for (const std::string& word : words) REQUIRE(pool.Matches(any, word));
  CHECK_FALSE(pool.Matches(any, "word1"));
  CHECK(pool.status().ok());
}

TEST_CASE("a pool beyond its limit says so and matches nothing") {
  RegexPool pool(100);
  const Regex big = pool.Literal(std::string(200, 'a') + std::string(200, 'b'));
  CHECK(big == pool.Nothing());
  CHECK(pool.status().code() == talaria::StatusCode::kResourceExhausted);
}

struct PatternCase {
  std::string_view pattern;
  std::string_view text;
  bool search;
  bool whole;
};

TEST_CASE("patterns mean what ECMA-262 says") {
  const PatternCase cases[] = {
      {"^a", "ab", true, false},
      {"^a", "ba", false, false},
      {"a$", "ba", true, false},
      {"^a|b$", "ax", true, false},
      {"^a|b$", "xb", true, false},
      {"^a|b$", "xa", false, false},
      {"^(a|b$)", "b", true, true},
      {"^(a|b$)", "bx", false, false},
      {"^$", "", true, true},
      {"^$", "x", false, false},
      {"", "x", true, false},
      {"a^b", "ab", false, false},
      {"a*^b", "b", true, true},
      {"x$y*", "x", true, true},
      {"x$y*", "xy", false, false},
      {"(^a)?b", "ab", true, true},
      {"(^a)?b", "cb", true, false},
      {"a{2}", "aaa", true, false},
      {"^a{2,}$", "aaaa", true, true},
      {"^a{,2}$", "a{,2}", true, true},
      {"^[a-c-]+$", "a-c", true, true},
      {"^[^a-c]$", "d", true, true},
      {"^[^a-c]$", "b", false, false},
      {"^[\\]\\\\]$", "]", true, true},
      {"^\\d+$", "12\xD9\xA3", false, false},
      {"^\\w$", "\xC3\xA9", false, false},
      {"^\\s$", "\xC2\xA0", true, true},
      {"^.$", "\xF0\x9F\x99\x82", true, true},
      {"^.$", "\n", false, false},
      {"^\\u00e9$", "\xC3\xA9", true, true},
      {"^\\uD83D\\uDE42$", "\xF0\x9F\x99\x82", true, true},
      {"^\\u{1F642}$", "\xF0\x9F\x99\x82", true, true},
      {"^\\x41\\cA\\t$", "A\x01\t", true, true},
      {"^\\p{L}+$", "a\xC3\xA9\xE4\xB8\xAD", true, true},
      {"^\\p{L}+$", "a1", false, false},
      {"^\\P{Lu}$", "a", true, true},
      {"^\\p{General_Category=Decimal_Number}$", "\xD9\xA3", true, true},
      {"(?:ab)+?c", "xababcx", true, false},
      {"(?<name>ab)", "ab", true, true},
      {"}]", "}]", true, true},
  };
  for (const PatternCase& one : cases) {
    CAPTURE(std::string(one.pattern));
    CAPTURE(std::string(one.text));
    for (const TextForm form : {TextForm::kPlain, TextForm::kJsonString}) {
      RegexPool pool;
      std::string written;
      AppendText(one.text, form, &written);
      const auto search = ParsePattern(one.pattern, PatternUse::kSearch, form, &pool);
      REQUIRE(search.ok());
      CHECK(pool.Matches(*search, written) == one.search);
      const auto whole = ParsePattern(one.pattern, PatternUse::kWhole, form, &pool);
      REQUIRE(whole.ok());
      CHECK(pool.Matches(*whole, written) == one.whole);
    }
  }
}

TEST_CASE("what is no pattern, or more than can be kept, is refused by name") {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"(", "closing parenthesis"}, {")", "opening parenthesis"},
      {"[a", "closing bracket"},    {"*", "something to repeat"},
      {"a**", "one quantifier"},    {"[b-a]", "ascends"},
      {"a{2,1}", "ascends"},        {"\\q", "known escape"},
      {"\\p{Klingon}", "Klingon"},  {"(?=a)", "lookaround"},
      {"(?<!a)", "lookaround"},     {"\\bx", "word boundary"},
      {"(a)\\1", "backreference"},  {"(?<n>a)\\k<n>", "backreference"},
      {"(^a)*", "anchor"},          {"(?i)a", "group"},
      {"\\u{110000}", "number"},    {"\\", "backslash"}};
  for (const auto& [given, part] : cases) {
    const std::string pattern(given);
    CAPTURE(pattern);
    RegexPool pool;
    const auto parsed = ParsePattern(pattern, PatternUse::kSearch, TextForm::kPlain, &pool);
    REQUIRE_FALSE(parsed.ok());
    CAPTURE(std::string(parsed.status().message()));
    CHECK(talaria::Message(parsed.status()).find(part) != std::string_view::npos);
  }
}

TEST_CASE("a text in a JSON string is canonical or refused") {
  RegexPool pool;
  const Regex any = TextOfLength(0, kUnbounded, TextForm::kJsonString, &pool);
  for (const std::string_view good :
       {"a", "\\n", "\\u001f", "\\\"", "\\\\", "\x7F", "\xC3\xA9", "\xF4\x8F\xBF\xBF", "/"}) {
    CAPTURE(std::string(good));
    CHECK(pool.Matches(any, good));
  }
  for (const std::string_view bad : {"\"", "\\", "\n", "\\/", "\\u000a", "\\u001F", "\\u0041", "\xC3",
                                     "\xC0\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xFF"}) {
    CAPTURE(std::string(bad));
    CHECK_FALSE(pool.Matches(any, bad));
  }
  const Regex three = TextOfLength(2, 3, TextForm::kJsonString, &pool);
  CHECK(pool.Matches(three, "\\n\xF0\x9F\x99\x82"));
  CHECK_FALSE(pool.Matches(three, "\\n"));
}

}  // namespace
