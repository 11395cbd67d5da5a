#include "json_lines.h"

#include <cstdio>
#include <iostream>
#include <string>

namespace talaria::cli {
namespace {

using nlohmann::ordered_json;

ordered_json Answer(const LineAction& action, const std::string& text) {
  const ordered_json line = ordered_json::parse(text, nullptr, false);
  Result<ordered_json> answer =
      line.is_object()
          ? action(line, text)
          : Result<ordered_json>(Status(TALARIA_INVALID_ARGUMENT, "expected a line with one JSON object"));
  if (answer.ok()) return *answer;
  return {{"error",
           {{"code", talaria_status_name(answer.status().code())}, {"message", answer.status().message()}}}};
}

}  // namespace

Status AnswerLines(const LineAction& action) {
  std::string line;
  while (std::getline(std::cin, line)) {
    const std::string out =
        Answer(action, line).dump(-1, ' ', false, ordered_json::error_handler_t::replace) + "\n";
    if (std::fwrite(out.data(), 1, out.size(), stdout) != out.size() || std::fflush(stdout) != 0) {
      return Status(TALARIA_DATA_LOSS, "standard output could not be written");
    }
  }
  return Status();
}

}  // namespace talaria::cli
