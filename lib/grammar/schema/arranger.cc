#include "lib/grammar/schema/arranger.h"

#include <algorithm>
#include <unordered_map>

#include "lib/base/text.h"
#include "lib/grammar/schema/decimal.h"

namespace talaria::grammar {
namespace {

constexpr size_t kMaxDigits = 1200;

using Texts = std::vector<std::string>;

void AddOnce(std::string text, Texts* texts) {
  if (std::find(texts->begin(), texts->end(), text) == texts->end()) texts->push_back(std::move(text));
}

// A number with an exponent is written out; what has none stays as it was spelled.
std::string NumberText(const std::string& text) {
  if (text.find_first_of("eE") == std::string::npos) return text;
  return Decimal(text).Plain(kMaxDigits).value_or(text);
}

}  // namespace

struct Arranger::Walk {
  const std::vector<Shape>& shapes;
  const size_t max;
  std::map<std::pair<const json::Value*, uint32_t>, Texts> known;

  // Texts of *value* in any of *states*.
  Texts Any(const json::Value& value, const std::vector<uint32_t>& states) {
    if (!value.is_array() && !value.is_object()) return {Scalar(value)};
    Texts texts;
    for (const uint32_t state : states) {
      for (const std::string& text : Of(value, state)) {
        if (texts.size() < max) AddOnce(text, &texts);
      }
    }
    if (texts.empty()) texts.push_back(json::Write(value, {",", ":", false}));
    return texts;
  }

  const Texts& Of(const json::Value& value, uint32_t state) {
    const auto [place, added] = known.emplace(std::make_pair(&value, state), Texts());
    if (!added) return place->second;
    Texts texts = value.is_array()    ? Items(*value.array(), shapes[state])
                  : value.is_object() ? Members(*value.object(), shapes[state])
                                      : Texts{Scalar(value)};
    return known[std::make_pair(&value, state)] = std::move(texts);
  }

  static std::string Scalar(const json::Value& value) {
    return value.number() != nullptr ? NumberText(value.number()->text)
                                     : json::Write(value, {",", ":", false});
  }

  // Every way to put *next* behind one of *texts*.
  void Extend(const std::string& separator, const Texts& next, Texts* texts) const {
    if (texts->size() == 1 && next.size() == 1) {
      texts->front().append(separator).append(next.front());
      return;
    }
    Texts longer;
    for (const std::string& text : *texts) {
      for (const std::string& part : next) {
        if (longer.size() < max) longer.push_back(Cat(text, separator, part));
      }
    }
    *texts = std::move(longer);
  }

  Texts Items(const json::Array& items, const Shape& shape) {
    static const std::vector<uint32_t> kNone;
    Texts texts = {"["};
    for (size_t i = 0; i < items.size(); ++i) {
      const auto& states = shape.items.empty() ? kNone : shape.items[std::min(i, shape.items.size() - 1)];
      Extend(i == 0 ? "" : ",", Any(items[i], states), &texts);
    }
    for (std::string& text : texts) text += ']';
    return texts;
  }

  Texts Members(const json::Object& members, const Shape& shape) {
    std::unordered_map<std::string_view, size_t> ranks;
    for (size_t i = 0; i < shape.order.size(); ++i) ranks.emplace(shape.order[i], i);
    std::vector<std::pair<size_t, const json::Member*>> sorted;
    for (const json::Member& member : members) {
      const auto rank = ranks.find(member.key);
      sorted.emplace_back(rank == ranks.end() ? shape.order.size() : rank->second, &member);
    }
    std::stable_sort(sorted.begin(), sorted.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    Texts texts = {"{"};
    bool first = true;
    for (const auto& [rank, member] : sorted) {
      std::string key = first ? "" : ",";
      json::AppendString(member->key, false, &key);
      key += ':';
      const auto states = shape.members.find(member->key);
      Extend(key, Any(member->value, states == shape.members.end() ? shape.others : states->second), &texts);
      first = false;
    }
    for (std::string& text : texts) text += '}';
    return texts;
  }
};

std::vector<std::string> Arranger::TextsOf(const json::Value& value, uint32_t state, size_t max) const {
  Walk walk{shapes_, max, {}};
  return walk.Any(value, {state});
}

}  // namespace talaria::grammar
