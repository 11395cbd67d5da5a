#include "lib/grammar/regex/categories.h"

#include <vector>

namespace talaria::grammar {

namespace {

struct LongName {
  std::string_view name;
  std::string_view category;  // one letter: all that begin with it
};
// PropertyValueAliases.txt of the Unicode Character Database.
constexpr LongName kLongNames[] = {{"Other", "C"},
                                   {"Control", "Cc"},
                                   {"cntrl", "Cc"},
                                   {"Format", "Cf"},
                                   {"Unassigned", "Cn"},
                                   {"Private_Use", "Co"},
                                   {"Surrogate", "Cs"},
                                   {"Letter", "L"},
                                   {"Lowercase_Letter", "Ll"},
                                   {"Modifier_Letter", "Lm"},
                                   {"Other_Letter", "Lo"},
                                   {"Titlecase_Letter", "Lt"},
                                   {"Uppercase_Letter", "Lu"},
                                   {"Mark", "M"},
                                   {"Combining_Mark", "M"},
                                   {"Spacing_Mark", "Mc"},
                                   {"Enclosing_Mark", "Me"},
                                   {"Nonspacing_Mark", "Mn"},
                                   {"Number", "N"},
                                   {"Decimal_Number", "Nd"},
                                   {"digit", "Nd"},
                                   {"Letter_Number", "Nl"},
                                   {"Other_Number", "No"},
                                   {"Punctuation", "P"},
                                   {"punct", "P"},
                                   {"Connector_Punctuation", "Pc"},
                                   {"Dash_Punctuation", "Pd"},
                                   {"Close_Punctuation", "Pe"},
                                   {"Final_Punctuation", "Pf"},
                                   {"Initial_Punctuation", "Pi"},
                                   {"Other_Punctuation", "Po"},
                                   {"Open_Punctuation", "Ps"},
                                   {"Symbol", "S"},
                                   {"Currency_Symbol", "Sc"},
                                   {"Modifier_Symbol", "Sk"},
                                   {"Math_Symbol", "Sm"},
                                   {"Other_Symbol", "So"},
                                   {"Separator", "Z"},
                                   {"Line_Separator", "Zl"},
                                   {"Paragraph_Separator", "Zp"},
                                   {"Space_Separator", "Zs"}};

// Code points whose category begins with *prefix*; LC is Lu, Ll and Lt.
CodePointSet OfCategory(std::string_view prefix) {
  std::vector<CodePointSet::Range> ranges;
  for (size_t i = 0; i < kCategoryRunCount; ++i) {
    const std::string_view category = kCategoryNames[kCategoryRuns[i] & 31];
    const bool cased = category == "Lu" || category == "Ll" || category == "Lt";
    if (prefix == "LC" ? !cased : category.substr(0, prefix.size()) != prefix) continue;
    const char32_t end = i + 1 < kCategoryRunCount ? kCategoryRuns[i + 1] >> 5 : 0x110000;
    ranges.emplace_back(kCategoryRuns[i] >> 5, end - 1);
  }
  return CodePointSet::Of(std::move(ranges));
}

}  // namespace

std::optional<CodePointSet> PropertySet(std::string_view name) {
  if (name == "Any") return CodePointSet::All();
  if (name == "ASCII") return CodePointSet::Of({{0, 0x7F}});
  if (name == "Assigned") return ~OfCategory("Cn");
  for (const std::string_view property : {"gc=", "General_Category="}) {
    if (name.substr(0, property.size()) == property) name.remove_prefix(property.size());
  }
  if (name == "LC" || name == "Cased_Letter") return OfCategory("LC");
  for (const LongName& known : kLongNames) {
    if (name == known.name) return OfCategory(known.category);
    if (name == known.category) return OfCategory(name);
  }
  return std::nullopt;
}

}  // namespace talaria::grammar
