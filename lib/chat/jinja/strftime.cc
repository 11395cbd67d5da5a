#include "lib/chat/jinja/strftime.h"

#include <array>
#include <string_view>

namespace talaria::chat::jinja {
namespace {

constexpr std::array<std::string_view, 7> kDays = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                   "Thursday", "Friday", "Saturday"};
constexpr std::array<std::string_view, 12> kMonths = {"January",   "February", "March",    "April",
                                                      "May",       "June",     "July",     "August",
                                                      "September", "October",  "November", "December"};
constexpr std::array<int, 12> kDaysBefore = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};

bool IsLeap(int year) { return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0; }

int DayOfYear(const LocalTime& time) {
  return kDaysBefore[static_cast<size_t>(time.month - 1)] + time.day +
         (time.month > 2 && IsLeap(time.year) ? 1 : 0);
}

// 0 is Sunday.
size_t DayOfWeek(const LocalTime& time) {
  const int before = time.year - 1;
  return static_cast<size_t>((before * 365 + before / 4 - before / 100 + before / 400 + DayOfYear(time)) % 7);
}

std::string_view DayName(const LocalTime& time) { return kDays[DayOfWeek(time)]; }
std::string_view MonthName(const LocalTime& time) { return kMonths[static_cast<size_t>(time.month - 1)]; }
int Hour12(const LocalTime& time) { return time.hour % 12 == 0 ? 12 : time.hour % 12; }

// A directive that is a number of so many digits.
struct NumberDirective {
  char letter;
  int width;
  char padding;
  int (*value)(const LocalTime&);
};
constexpr NumberDirective kNumbers[] = {
    {'d', 2, '0', [](const LocalTime& t) { return t.day; }},
    {'e', 2, ' ', [](const LocalTime& t) { return t.day; }},
    {'H', 2, '0', [](const LocalTime& t) { return t.hour; }},
    {'I', 2, '0', Hour12},
    {'j', 3, '0', DayOfYear},
    {'m', 2, '0', [](const LocalTime& t) { return t.month; }},
    {'M', 2, '0', [](const LocalTime& t) { return t.minute; }},
    {'S', 2, '0', [](const LocalTime& t) { return t.second; }},
    {'y', 2, '0', [](const LocalTime& t) { return t.year % 100; }},
    {'Y', 1, '0', [](const LocalTime& t) { return t.year; }},
};

// A directive that is a word or stands for others.
struct TextDirective {
  char letter;
  std::string (*text)(const LocalTime&);
};
std::string Padded(int value) { return Cat(value < 10 ? "0" : "", value); }
constexpr TextDirective kTexts[] = {
    {'a', [](const LocalTime& t) { return std::string(DayName(t).substr(0, 3)); }},
    {'A', [](const LocalTime& t) { return std::string(DayName(t)); }},
    {'b', [](const LocalTime& t) { return std::string(MonthName(t).substr(0, 3)); }},
    {'B', [](const LocalTime& t) { return std::string(MonthName(t)); }},
    {'D',
     [](const LocalTime& t) { return Cat(Padded(t.month), "/", Padded(t.day), "/", Padded(t.year % 100)); }},
    {'F', [](const LocalTime& t) { return Cat(t.year, "-", Padded(t.month), "-", Padded(t.day)); }},
    {'p', [](const LocalTime& t) { return std::string(t.hour < 12 ? "AM" : "PM"); }},
    {'R', [](const LocalTime& t) { return Cat(Padded(t.hour), ":", Padded(t.minute)); }},
    {'T',
     [](const LocalTime& t) { return Cat(Padded(t.hour), ":", Padded(t.minute), ":", Padded(t.second)); }},
    {'%', [](const LocalTime&) { return std::string("%"); }},
};

bool IsValid(const LocalTime& t) {
  return t.year >= 1 && t.year <= 9999 && t.month >= 1 && t.month <= 12 && t.day >= 1 && t.day <= 31 &&
         t.hour >= 0 && t.hour < 24 && t.minute >= 0 && t.minute < 60 && t.second >= 0 && t.second <= 60;
}

Status AppendDirective(const LocalTime& time, char letter, bool padded, TextMark mark, MarkedString* out) {
  for (const NumberDirective& directive : kNumbers) {
    if (directive.letter != letter) continue;
    std::string digits = Cat(directive.value(time));
    const auto width = static_cast<size_t>(padded ? directive.width : 1);
    if (digits.size() < width) digits.insert(0, width - digits.size(), directive.padding);
    out->Append(digits, mark);
    return absl::OkStatus();
  }
  for (const TextDirective& directive : kTexts) {
    if (directive.letter != letter) continue;
    out->Append(directive.text(time), mark);
    return absl::OkStatus();
  }
  return Unimplemented("the directive '%", std::string_view(&letter, 1), "' of strftime");
}

}  // namespace

Status FormatTime(const LocalTime& time, const MarkedString& format, MarkedString* out) {
  if (!IsValid(time)) return InvalidArgument("the time that the host gave is not one");
  const std::string_view text = format.text();
  *out = MarkedString({}, format.Overall());
  size_t copied = 0;
  for (size_t at = text.find('%'); at != std::string_view::npos; at = text.find('%', copied)) {
    out->AppendSlice(format, copied, at);
    const bool padded = text.substr(at + 1, 1) != "-";
    const size_t letter = at + (padded ? 1 : 2);
    if (letter >= text.size()) return InvalidArgument("the format of strftime ends in the middle of a '%'");
    TALARIA_RETURN_IF_ERROR(AppendDirective(time, text[letter], padded, format.MarkAt(at), out));
    copied = letter + 1;
  }
  out->AppendSlice(format, copied, text.size());
  return absl::OkStatus();
}

}  // namespace talaria::chat::jinja
