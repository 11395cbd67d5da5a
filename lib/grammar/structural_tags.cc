#include "lib/grammar/structural_tags.h"

#include <string_view>
#include <vector>

#include "lib/base/text.h"

namespace talaria::grammar {

namespace {

// White space outside of tags, where no more is allowed.
constexpr uint64_t kMaxSpace = 4;

struct Outside {
  GrammarBuilder* builder;
  Regex no_tag;  // bytes without a begin in them

  // What may come where no tag follows.
  Expr Alone(TextOutside text) const {
    RegexPool* pool = builder->regexes();
    switch (text) {
      case TextOutside::kFree:
        return builder->Terminal(no_tag);
      case TextOutside::kSpace:
        return builder->Terminal(Space(pool));
      case TextOutside::kNone:
        return builder->Empty();
    }
    return builder->Empty();
  }
  // The same up to the end of *begin*.
  Expr Before(TextOutside text, std::string_view begin) const {
    RegexPool* pool = builder->regexes();
    const Regex tag = pool->Literal(begin);
    switch (text) {
      case TextOutside::kFree: {
        // No begin may be complete any earlier.
        const Regex early = pool->Concat({any_tag, pool->Set(ByteSet::All()), pool->Everything()});
        return builder->Terminal(pool->And(pool->Concat(pool->Everything(), tag),
                                           pool->Not(pool->Concat(pool->Everything(), early))));
      }
      case TextOutside::kSpace:
        return builder->Terminal(pool->Concat(Space(pool), tag));
      case TextOutside::kNone:
        return builder->Terminal(tag);
    }
    return builder->Empty();
  }
  static Regex Space(RegexPool* pool) {
    ByteSet set;
    for (const char byte : {' ', '\t', '\n', '\r'}) set.Add(static_cast<uint8_t>(byte));
    return pool->Repeat(pool->Set(set), 0, kMaxSpace);
  }

  Regex any_tag;
};

Status CheckBegins(absl::Span<const StructuralTag> tags) {
  if (tags.empty()) return InvalidArgument("structural tags: expected one at least, found none");
  for (const StructuralTag& tag : tags) {
    if (tag.begin.empty()) return InvalidArgument("structural tags: expected a begin, found an empty one");
    for (const StructuralTag& other : tags) {
      if (tag.begin != other.begin && tag.begin.find(other.begin) != std::string::npos) {
        return InvalidArgument("structural tags: expected no begin inside another, found ",
                               Quoted(other.begin), " in ", Quoted(tag.begin));
      }
    }
  }
  return absl::OkStatus();
}

}  // namespace

StatusOr<Expr> StructuralText(absl::Span<const StructuralTag> tags, const StructuralOptions& options,
                              GrammarBuilder* builder) {
  TALARIA_RETURN_IF_ERROR(CheckBegins(tags));
  if (options.max_tags < options.min_tags) {
    return InvalidArgument("structural tags: expected at most ", options.max_tags, ", and at least ",
                           options.min_tags);
  }
  // Those of one begin together, in the order in which they came.
  std::vector<std::string_view> begins;
  std::vector<std::vector<Expr>> bodies;
  for (const StructuralTag& tag : tags) {
    size_t i = 0;
    while (i < begins.size() && begins[i] != tag.begin) ++i;
    if (i == begins.size()) {
      begins.push_back(tag.begin);
      bodies.emplace_back();
    }
    bodies[i].push_back(builder->Sequence({tag.inside, builder->Literal(tag.end)}));
  }
  RegexPool* pool = builder->regexes();
  Outside outside;
  outside.builder = builder;
  outside.any_tag = pool->AnyOf(begins);
  outside.no_tag = pool->Not(pool->Concat({pool->Everything(), outside.any_tag, pool->Everything()}));
  const auto tagged = [&](TextOutside before) {
    std::vector<Expr> choices;
    for (size_t i = 0; i < begins.size(); ++i) {
      choices.push_back(builder->Sequence({outside.Before(before, begins[i]), builder->Choice(bodies[i])}));
    }
    return builder->Choice(choices);
  };
  const Expr none = outside.Alone(options.before);
  if (options.max_tags == 0) return none;
  const uint64_t least = options.min_tags == 0 ? 0 : options.min_tags - 1;
  const uint64_t most = options.max_tags == kUnbounded ? kUnbounded : options.max_tags - 1;
  const Expr some =
      builder->Sequence({tagged(options.before), builder->Repeat(tagged(options.between), least, most),
                         outside.Alone(options.after)});
  if (options.min_tags > 0) return some;
  return builder->Choice({none, some});
}

}  // namespace talaria::grammar
