// Objects: the members that the schema names, in its order, then the others.
#include <algorithm>
#include <string>

#include "lib/base/text.h"
#include "lib/grammar/schema/emitter.h"

namespace talaria::grammar {
namespace {

constexpr TextForm kForm = TextForm::kJsonString;
constexpr size_t kMaxClasses = 24;
// What cannot be told in so many states is taken for possible: it is a branch that never matches, at worst.
constexpr size_t kMaxNameStates = 300;
constexpr uint64_t kMaxCounted = 40'000;

void AddState(uint32_t state, std::vector<uint32_t>* states) {
  if (std::find(states->begin(), states->end(), state) == states->end()) states->push_back(state);
}

}  // namespace

// Names that are not listed, divided until all those of a class have the same demands on their values.
StatusOr<std::vector<Emitter::NameClass>> Emitter::OtherNames(const ObjectProduct& product,
                                                              const std::vector<Name>& names) {
  std::vector<std::string> words;
  for (const Name& name : names) {
    words.emplace_back();
    AppendText(name.name, kForm, &words.back());
  }
  const std::vector<std::string_view> views(words.begin(), words.end());
  Regex base = names.empty() ? scalars_.AnyString() : TextComplement(pool_.AnyOf(views), kForm, &pool_);
  for (const Regex language : product.name_languages) base = pool_.And(base, language);
  if (options_.style.max_string != kUnbounded) {
    base = pool_.And(base, TextOfLength(0, options_.style.max_string, kForm, &pool_));
  }
  std::vector<NameClass> classes = {{base, {}}};
  const auto keep = [&](NameClass one, std::vector<NameClass>* kept) {
    if (table_.IsNever(one.value)) return;
    const StatusOr<bool> possible = pool_.IsPossible(one.names, kMaxNameStates);
    if (!possible.ok() || *possible) kept->push_back(std::move(one));
  };
  for (const ObjectProduct::Rule& rule : product.rules) {
    std::vector<NameClass> divided;
    for (const NameClass& one : classes) {
      NameClass covered = one;
      NameClass other = one;
      if (rule.matching) {
        covered.names = pool_.And(one.names, rule.pattern);
        other.names = pool_.And(one.names, TextComplement(rule.pattern, kForm, &pool_));
      } else if (rule.pattern == pool_.Nothing()) {
        other.names = pool_.Nothing();
      } else {
        covered.names = pool_.And(one.names, TextComplement(rule.pattern, kForm, &pool_));
        other.names = pool_.And(one.names, rule.pattern);
      }
      covered.value.Add(rule.value);
      keep(std::move(covered), &divided);
      if (other.names != pool_.Nothing()) keep(std::move(other), &divided);
    }
    classes = std::move(divided);
    if (classes.size() > kMaxClasses) {
      return Unsupported("patternProperties", "#", Cat("more than ", kMaxClasses, " kinds of names"));
    }
  }
  // A finite list leaves some name out.
  if (product.rules.empty() && !product.name_languages.empty()) {
    std::vector<NameClass> kept;
    keep(std::move(classes[0]), &kept);
    classes = std::move(kept);
  }
  return classes;
}

StatusOr<Expr> Emitter::Object(const ObjectProduct& product, Shape* shape) {
  if (product.some.size() > 1) return Unsupported("not", "#", "of more than one kind of members at once");
  Members members{{}, {}, {}, product.min, product.max};
  std::vector<Name> all;
  for (const ObjectProduct::Name& listed : product.names) {
    Name name{listed.name, listed.value, listed.required};
    bool fits = true;
    for (const Regex language : product.name_languages)
      fits = fits && expander_.NameFits(language, name.name);
    if (!fits) table_.Demand(table_.never(), &name.value);
    for (const ObjectProduct::Rule& rule : product.rules) {
      if (expander_.RuleCovers(rule, name.name)) name.value.Add(rule.value);
    }
    all.push_back(name);
    if (!table_.IsNever(name.value)) {
      members.names.push_back(std::move(name));
    } else if (name.required) {
      return builder_.Nothing();
    }
  }
  TALARIA_ASSIGN_OR_RETURN(members.others, OtherNames(product, all));
  for (const Name& name : members.names) {
    if (MayHoldContainer(name.value)) AddState(StateOf(name.value), &shape->members[std::string(name.name)]);
  }
  for (const NameClass& other : members.others) {
    if (MayHoldContainer(other.value)) AddState(StateOf(other.value), &shape->others);
  }
  if (product.some.empty()) return MembersOf(members);
  // The member that is asked for is one of those listed, or one of the others.
  const ObjectProduct::Some& some = product.some[0];
  std::vector<Expr> ways;
  for (size_t i = 0; i < members.names.size(); ++i) {
    if (!expander_.NameFits(some.names, members.names[i].name)) continue;
    Members with = members;
    with.names[i].required = true;
    with.names[i].value.Add(some.value);
    if (table_.IsNever(with.names[i].value)) continue;
    if (MayHoldContainer(with.names[i].value)) {
      AddState(StateOf(with.names[i].value), &shape->members[std::string(with.names[i].name)]);
    }
    TALARIA_ASSIGN_OR_RETURN(const Expr way, MembersOf(with));
    ways.push_back(way);
  }
  Members with = members;
  for (const NameClass& other : members.others) {
    NameClass both{pool_.And(other.names, some.names), other.value};
    both.value.Add(some.value);
    const StatusOr<bool> possible = pool_.IsPossible(both.names, kMaxNameStates);
    if ((possible.ok() && !*possible) || table_.IsNever(both.value)) continue;
    if (MayHoldContainer(both.value)) AddState(StateOf(both.value), &shape->others);
    with.some.push_back(std::move(both));
  }
  if (!with.some.empty()) {
    TALARIA_ASSIGN_OR_RETURN(const Expr way, MembersOf(with));
    ways.push_back(way);
  }
  return builder_.Choice(ways);
}

StatusOr<Expr> Emitter::Other(const std::vector<NameClass>& classes) {
  std::vector<Expr> ways;
  const Regex quote = pool_.Literal("\"");
  for (const NameClass& one : classes) {
    TALARIA_ASSIGN_OR_RETURN(const Expr value, Value(one.value));
    ways.push_back(
        Then({builder_.Terminal(pool_.Concat(quote, pool_.Concat(one.names, quote))), json_.Colon(), value}));
  }
  return builder_.Choice(ways);
}

StatusOr<Expr> Emitter::MembersOf(const Members& members) {
  // Each as the first one, and after another.
  std::vector<std::pair<Expr, Expr>> parts;
  const bool flexible = options_.style.spacing == JsonSpacing::kFlexible;
  const std::string_view comma = options_.style.spacing == JsonSpacing::kSpaced ? ", " : ",";
  const std::string_view colon = options_.style.spacing == JsonSpacing::kSpaced ? ": " : ":";
  uint64_t required = 0;
  for (const Name& name : members.names) {
    required += name.required ? 1 : 0;
    TALARIA_ASSIGN_OR_RETURN(const Expr value, Value(name.value));
    std::string key = "\"";
    AppendText(name.name, kForm, &key);
    key += '"';
    if (flexible) {
      const Expr member = Then({Bytes(key), json_.Colon(), value});
      parts.emplace_back(member, Then({json_.Comma(), member}));
    } else {
      parts.emplace_back(Then({Bytes(Cat(key, colon)), value}), Then({Bytes(Cat(comma, key, colon)), value}));
    }
  }
  const bool closed = members.others.empty();
  TALARIA_ASSIGN_OR_RETURN(const Expr other, Other(members.others));
  const bool counts =
      members.min > required || (members.max != kNoMaximum && (!closed || members.max < parts.size()));
  if (counts) {
    if (!members.some.empty() || options_.any_order) {
      return Unsupported(
          members.min > required ? "minProperties" : "maxProperties", "#",
          options_.any_order ? "with members in any order" : "beside a member that must be there");
    }
    return Counting(members, parts, other);
  }
  if (required > members.max) return builder_.Nothing();
  // What follows the listed members, and the same where none was there.
  const Expr another = Then({json_.Comma(), other});
  Expr more = closed ? builder_.Empty() : builder_.Repeat(another, 0, options_.style.max_items);
  Expr first = closed ? builder_.Empty() : builder_.Optional(Then({other, more}));
  if (!members.some.empty()) {
    TALARIA_ASSIGN_OR_RETURN(const Expr some, Other(members.some));
    first = Either({Then({some, more}), Then({other, more, json_.Comma(), some, more})});
    more = Then({more, json_.Comma(), some, more});
  }
  return options_.any_order ? InAnyOrder(members, parts, more, first) : InOrder(members, parts, more, first);
}

// {a?, b?, c, d?}: whatever comes first comes without a comma, and with the first one that must be there the
// question is settled. Up to there, a rule for what may follow each.
StatusOr<Expr> Emitter::InOrder(const Members& members, const std::vector<std::pair<Expr, Expr>>& parts,
                                Expr more, Expr first) {
  const size_t count = parts.size();
  size_t must = 0;
  while (must < count && !members.names[must].required) ++must;
  const auto after = [&](size_t i) {
    return members.names[i].required ? parts[i].second : builder_.Optional(parts[i].second);
  };
  std::vector<Expr> settled;  // all after the first that must be there
  for (size_t i = must + 1; i < count; ++i) settled.push_back(after(i));
  settled.push_back(more);
  Expr tail = builder_.Sequence(settled);
  std::vector<Expr> ways;
  if (must < count) {
    ways.push_back(Then({parts[must].first, tail}));
    tail = Then({parts[must].second, tail});
  } else {
    tail = more;
    ways.push_back(first);
  }
  for (size_t i = std::min(must, count); i-- > 0;) {
    const Rule rest = builder_.DeclareRule("members");
    builder_.DefineRule(rest, tail);
    ways.push_back(Then({parts[i].first, builder_.Use(rest)}));
    tail = Then({after(i), builder_.Use(rest)});
  }
  return json_.Braces(builder_.Choice(ways));
}

// One rule for each listed member and each number of members before it. Past what *min* asks for the number
// does not matter where there is no *max*.
StatusOr<Expr> Emitter::Counting(const Members& members, const std::vector<std::pair<Expr, Expr>>& parts,
                                 Expr other) {
  const size_t count = parts.size();
  const bool bounded = members.max != kNoMaximum;
  const uint64_t cap = bounded ? count : std::min<uint64_t>(count, std::max<uint64_t>(members.min, 1));
  if ((count + 1) * (cap + 1) > kMaxCounted) {
    return Unsupported(bounded ? "maxProperties" : "minProperties", "#",
                       Cat("more than ", kMaxCounted, " states to count in"));
  }
  const bool closed = members.others.empty();
  const Expr another = Then({json_.Comma(), other});
  std::vector<Expr> next(cap + 1);  // what may follow the member in hand, by how many there were
  for (uint64_t seen = 0; seen <= cap; ++seen) {
    const uint64_t low = members.min > seen ? members.min - seen : 0;
    if (bounded && members.max < seen) {
      next[seen] = builder_.Nothing();
    } else if (closed || (bounded && members.max == seen)) {
      next[seen] = low == 0 ? builder_.Empty() : builder_.Nothing();
    } else {
      const uint64_t high = bounded ? members.max - seen : kUnbounded;
      if (low > high) {
        next[seen] = builder_.Nothing();
      } else if (seen > 0) {
        next[seen] = builder_.Repeat(another, low, high);
      } else {
        const Expr some = Then({other, builder_.Repeat(another, low == 0 ? 0 : low - 1,
                                                       high == kUnbounded ? kUnbounded : high - 1)});
        next[seen] = low == 0 ? builder_.Optional(some) : some;
      }
    }
  }
  for (size_t i = count; i-- > 0;) {
    std::vector<Rule> rules;
    for (uint64_t seen = 0; seen <= cap; ++seen) {
      rules.push_back(builder_.DeclareRule("members"));
      builder_.DefineRule(rules.back(), next[seen]);
    }
    for (uint64_t seen = 0; seen <= cap; ++seen) {
      const uint64_t then = std::min(seen + 1, cap);
      const Expr with = Then({seen == 0 ? parts[i].first : parts[i].second, builder_.Use(rules[then])});
      next[seen] = members.names[i].required ? with : Either({with, builder_.Use(rules[seen])});
    }
  }
  return json_.Braces(next[0]);
}

StatusOr<Expr> Emitter::InAnyOrder(const Members& members, const std::vector<std::pair<Expr, Expr>>& parts,
                                   Expr more, Expr first) {
  const size_t count = parts.size();
  if (count > GrammarBuilder::kMaxAnyOrder) {
    return Unsupported("properties", "#", Cat("more than ", GrammarBuilder::kMaxAnyOrder, " in any order"));
  }
  std::vector<Expr> required;
  std::vector<Expr> optional;
  for (size_t i = 0; i < count; ++i)
    (members.names[i].required ? required : optional).push_back(parts[i].first);
  if (!required.empty()) {
    return json_.Braces(Then({builder_.AnyOrder(required, optional, json_.Comma()), more}));
  }
  // Where none may be there, what follows depends on it: one of them begins, or none.
  std::vector<Expr> ways = {first};
  for (size_t i = 0; i < count; ++i) {
    std::vector<Expr> others;
    for (size_t j = 0; j < count; ++j) {
      if (j != i) others.push_back(parts[j].second);
    }
    ways.push_back(Then({parts[i].first, builder_.AnyOrder({}, others, builder_.Empty()), more}));
  }
  return json_.Braces(builder_.Choice(ways));
}

}  // namespace talaria::grammar
