#ifndef TALARIA_EXAMPLES_CLI_JSON_LINES_H_
#define TALARIA_EXAMPLES_CLI_JSON_LINES_H_

#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "talaria/talaria.hpp"

namespace talaria::cli {

// What one line is answered with, a JSON object: parsed, and as it stands.
using LineAction =
    std::function<Result<nlohmann::ordered_json>(const nlohmann::ordered_json& line, std::string_view text)>;

// Reads standard input line by line and writes an answer for each, in order: what *action* gives, or
// {"error": {"code", "message"}}. An error of one line ends nothing; the result is an error only where
// standard output cannot be written.
Status AnswerLines(const LineAction& action);

// The same for answers that are JSON text already, on one line: it is written as it stands, so that numbers
// keep their digits.
using LineTextAction =
    std::function<Result<std::string>(const nlohmann::ordered_json& line, std::string_view text)>;
Status AnswerLinesAsText(const LineTextAction& action);

}  // namespace talaria::cli

#endif  // TALARIA_EXAMPLES_CLI_JSON_LINES_H_
