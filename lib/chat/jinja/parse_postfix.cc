// The part of Parser that reads what follows a value: attributes, indices, calls, filters, tests.
#include "lib/chat/jinja/filters.h"
#include "lib/chat/jinja/parser.h"
#include "lib/chat/jinja/tests.h"

namespace talaria::chat::jinja {

Status Parser::ParsePostfix(std::vector<PostfixStepPtr>* steps) {
  while (true) {
    const int line = Current().line;
    if (SkipOperator(".")) {
      TALARIA_RETURN_IF_ERROR(ParseDot(steps));
    } else if (SkipOperator("[")) {
      TALARIA_RETURN_IF_ERROR(ParseBrackets(steps));
    } else if (IsOperator("(")) {
      ArgumentExpressions arguments;
      TALARIA_RETURN_IF_ERROR(ParseArguments(&arguments));
      steps->push_back(CallStep(line, std::move(arguments)));
    } else {
      return absl::OkStatus();
    }
  }
}

Status Parser::ParseFiltersAndTests(std::vector<PostfixStepPtr>* steps) {
  while (true) {
    const int line = Current().line;
    if (SkipOperator("|")) {
      TALARIA_RETURN_IF_ERROR(ParseFilter(steps));
    } else if (SkipName("is")) {
      TALARIA_RETURN_IF_ERROR(ParseTest(steps));
    } else if (IsOperator("(")) {
      ArgumentExpressions arguments;
      TALARIA_RETURN_IF_ERROR(ParseArguments(&arguments));
      steps->push_back(CallStep(line, std::move(arguments)));
    } else {
      return absl::OkStatus();
    }
  }
}

StatusOr<std::string> Parser::TakeDottedName() {
  TALARIA_ASSIGN_OR_RETURN(std::string name, TakeName());
  while (SkipOperator(".")) {
    TALARIA_ASSIGN_OR_RETURN(const std::string part, TakeName());
    name += "." + part;
  }
  return name;
}

Status Parser::ParseFilter(std::vector<PostfixStepPtr>* steps) {
  const int line = Current().line;
  TALARIA_ASSIGN_OR_RETURN(const std::string name, TakeDottedName());
  const NativeFunction* filter = FindFilter(name);
  if (filter == nullptr) return Unimplemented("line ", line, ": the filter ", Quoted(name, 40));
  ArgumentExpressions arguments;
  if (IsOperator("(")) TALARIA_RETURN_IF_ERROR(ParseArguments(&arguments));
  steps->push_back(FilterStep(line, *filter, std::move(arguments)));
  return absl::OkStatus();
}

Status Parser::ParseTest(std::vector<PostfixStepPtr>* steps) {
  const int line = Current().line;
  const bool is_negated = SkipName("not");
  TALARIA_ASSIGN_OR_RETURN(const std::string name, TakeDottedName());
  const NativeFunction* test = FindTest(name);
  if (test == nullptr) return Unimplemented("line ", line, ": the test ", Quoted(name, 40));
  ArgumentExpressions arguments;
  const Token& token = Current();
  const bool is_word =
      token.type == TokenType::kName && token.text != "else" && token.text != "or" && token.text != "and";
  const bool is_value = token.type == TokenType::kString || token.type == TokenType::kInteger ||
                        token.type == TokenType::kFloat || IsOperator("[") || IsOperator("{");
  if (IsOperator("(")) {
    TALARIA_RETURN_IF_ERROR(ParseArguments(&arguments));
  } else if (is_word || is_value) {
    // An argument without brackets: a value and what follows it, but no filter.
    if (token.text == "is" && is_word) return Fail("no second test");
    const Nesting nesting(this);
    TALARIA_RETURN_IF_ERROR(nesting.Check());
    TALARIA_ASSIGN_OR_RETURN(ExpressionPtr argument, ParsePrimary());
    std::vector<PostfixStepPtr> argument_steps;
    TALARIA_RETURN_IF_ERROR(ParsePostfix(&argument_steps));
    if (!argument_steps.empty()) {
      argument = std::make_unique<PostfixExpression>(line, std::move(argument), std::move(argument_steps));
    }
    arguments.positional.push_back(std::move(argument));
  }
  steps->push_back(TestStep(line, *test, is_negated, std::move(arguments)));
  return absl::OkStatus();
}

Status Parser::ParseDot(std::vector<PostfixStepPtr>* steps) {
  const Token& token = Current();
  if (token.type == TokenType::kName) {
    words_.insert(token.text);
    steps->push_back(AttributeStep(token.line, token.text));
  } else if (token.type == TokenType::kInteger) {
    steps->push_back(ItemStep(
        token.line, std::make_unique<ConstantExpression>(token.line, Value::Integer(token.integer))));
  } else {
    return Fail("a name or number after '.'");
  }
  ++at_;
  return absl::OkStatus();
}

Status Parser::ParseBrackets(std::vector<PostfixStepPtr>* steps) {
  const int line = Current().line;
  ExpressionPtr parts[3];
  bool is_slice = false;
  if (!IsOperator(":")) {
    TALARIA_ASSIGN_OR_RETURN(parts[0], ParseTuple(true, false));
  }
  for (size_t i = 1; i < 3 && SkipOperator(":"); ++i) {
    is_slice = true;
    if (!IsOperator(":") && !IsOperator("]")) {
      TALARIA_ASSIGN_OR_RETURN(parts[i], ParseExpression());
    }
  }
  TALARIA_RETURN_IF_ERROR(ExpectOperator("]"));
  steps->push_back(is_slice ? SliceStep(line, std::move(parts[0]), std::move(parts[1]), std::move(parts[2]))
                            : ItemStep(line, std::move(parts[0])));
  return absl::OkStatus();
}

Status Parser::ParseArguments(ArgumentExpressions* out) {
  TALARIA_RETURN_IF_ERROR(ExpectOperator("("));
  bool is_first = true;
  while (!IsOperator(")")) {
    if (!is_first) {
      TALARIA_RETURN_IF_ERROR(ExpectOperator(","));
      if (IsOperator(")")) break;
    }
    is_first = false;
    if (out->double_star != nullptr) return Fail("')' after '**'");
    if (SkipOperator("*")) {
      if (out->star != nullptr) return Fail("only one '*'");
      TALARIA_ASSIGN_OR_RETURN(out->star, ParseExpression());
    } else if (SkipOperator("**")) {
      TALARIA_ASSIGN_OR_RETURN(out->double_star, ParseExpression());
    } else if (Current().type == TokenType::kName && Next().type == TokenType::kOperator &&
               Next().text == "=") {
      const std::string name = Current().text;
      words_.insert(name);
      for (const auto& [other, unused] : out->named) {
        if (other == name) return Fail(Cat("the argument '", name, "' once"));
      }
      at_ += 2;
      TALARIA_ASSIGN_OR_RETURN(ExpressionPtr value, ParseExpression());
      out->named.emplace_back(name, std::move(value));
    } else {
      if (!out->named.empty() || out->star != nullptr) return Fail("a named argument");
      TALARIA_ASSIGN_OR_RETURN(ExpressionPtr value, ParseExpression());
      out->positional.push_back(std::move(value));
    }
  }
  ++at_;
  return absl::OkStatus();
}

}  // namespace talaria::chat::jinja
