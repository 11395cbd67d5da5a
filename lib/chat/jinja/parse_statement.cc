// The statement half of Parser: the body of blocks and the tags there are.
#include <algorithm>
#include <array>

#include "lib/chat/jinja/parser.h"

namespace talaria::chat::jinja {

// To add a tag, add a row.
struct Parser::Row {
  std::string_view name;
  StatusOr<StatementPtr> (Parser::*parse)(int line);
};

const Parser::Row Parser::kStatements[] = {
    {"break", &Parser::ParseBreak},
    {"continue", &Parser::ParseContinue},
    {"filter", &Parser::ParseFilterBlock},
    {"for", &Parser::ParseFor},
    {"generation", &Parser::ParseGeneration},
    {"if", &Parser::ParseIf},
    {"macro", &Parser::ParseMacro},
    {"print", &Parser::ParsePrint},
    {"set", &Parser::ParseSet},
    {"with", &Parser::ParseWith},
};

namespace {

// Tags of Jinja and its common extensions that chat templates have no use for.
constexpr std::array<std::string_view, 10> kRefused = {"autoescape", "block", "call",   "debug",   "do",
                                                       "extends",    "from",  "import", "include", "trans"};

}  // namespace

StatusOr<Body> Parser::ParseBody(const std::vector<std::string_view>& ends) {
  Body body;
  std::vector<PrintStatement::Part> parts;
  int parts_line = Current().line;
  const auto flush = [&body, &parts, &parts_line] {
    if (!parts.empty()) body.push_back(std::make_unique<PrintStatement>(parts_line, std::move(parts)));
    parts.clear();
  };
  while (Current().type != TokenType::kEnd) {
    const Token& token = Current();
    if (parts.empty()) parts_line = token.line;
    ++at_;
    if (token.type == TokenType::kText) {
      parts.push_back({token.text, nullptr});
    } else if (token.type == TokenType::kPrintBegin) {
      TALARIA_ASSIGN_OR_RETURN(ExpressionPtr expression, ParseTuple(true, false));
      TALARIA_RETURN_IF_ERROR(ExpectType(TokenType::kPrintEnd));
      parts.push_back({{}, std::move(expression)});
    } else {
      flush();
      const bool is_end = Current().type == TokenType::kName &&
                          std::find(ends.begin(), ends.end(), Current().text) != ends.end();
      if (is_end) return body;
      TALARIA_ASSIGN_OR_RETURN(StatementPtr statement, ParseStatement());
      body.push_back(std::move(statement));
      TALARIA_RETURN_IF_ERROR(ExpectType(TokenType::kStatementEnd));
    }
  }
  if (!ends.empty()) return Fail(Cat("'{% ", ends.back(), " %}'"));
  flush();
  return body;
}

StatusOr<Body> Parser::ParseBlock(const std::vector<std::string_view>& ends) {
  SkipOperator(":");
  TALARIA_RETURN_IF_ERROR(ExpectType(TokenType::kStatementEnd));
  return ParseBody(ends);
}

StatusOr<Body> Parser::ParseWholeBlock(std::string_view end) {
  TALARIA_ASSIGN_OR_RETURN(Body body, ParseBlock({end}));
  TALARIA_RETURN_IF_ERROR(ExpectName(end));
  return body;
}

StatusOr<StatementPtr> Parser::ParseStatement() {
  const Nesting nesting(this);
  TALARIA_RETURN_IF_ERROR(nesting.Check());
  const int line = Current().line;
  TALARIA_ASSIGN_OR_RETURN(const std::string name, TakeName());
  for (const Row& row : kStatements) {
    if (row.name == name) return (this->*row.parse)(line);
  }
  if (std::find(kRefused.begin(), kRefused.end(), name) != kRefused.end()) {
    return Unimplemented("line ", line, ": the tag '{% ", name, " %}'");
  }
  --at_;
  return Fail("a tag");
}

StatusOr<TargetPtr> Parser::ParseOneTarget(bool with_namespace) {
  const Nesting nesting(this);
  TALARIA_RETURN_IF_ERROR(nesting.Check());
  if (SkipOperator("(")) {
    TALARIA_ASSIGN_OR_RETURN(TargetPtr inner, ParseTarget(with_namespace));
    TALARIA_RETURN_IF_ERROR(ExpectOperator(")"));
    return inner;
  }
  TALARIA_ASSIGN_OR_RETURN(const std::string name, TakeName());
  static constexpr std::array<std::string_view, 6> kConstants = {"true",  "True", "false",
                                                                 "False", "none", "None"};
  const bool is_constant = std::find(kConstants.begin(), kConstants.end(), name) != kConstants.end();
  if (with_namespace && !is_constant && SkipOperator(".")) {
    TALARIA_ASSIGN_OR_RETURN(std::string attribute, TakeName());
    macro_names_.insert(name);
    return NamespaceTarget(SymbolOf(name), std::move(attribute));
  }
  if (is_constant || (name == "loop" && loops_ > 0)) {
    --at_;
    return Fail("a name that can be assigned to");
  }
  return NameTarget(SymbolOf(name));
}

StatusOr<TargetPtr> Parser::ParseTarget(bool with_namespace) {
  std::vector<TargetPtr> parts;
  bool is_tuple = false;
  while (!IsTupleEnd() && !IsName("in")) {
    TALARIA_ASSIGN_OR_RETURN(TargetPtr part, ParseOneTarget(with_namespace));
    parts.push_back(std::move(part));
    if (!SkipOperator(",")) break;
    is_tuple = true;
  }
  if (parts.empty()) return Fail("a name to assign to");
  if (!is_tuple) return std::move(parts[0]);
  return TupleTarget(std::move(parts));
}

StatusOr<StatementPtr> Parser::ParseSet(int line) {
  TALARIA_ASSIGN_OR_RETURN(TargetPtr target, ParseTarget(true));
  if (SkipOperator("=")) {
    TALARIA_ASSIGN_OR_RETURN(ExpressionPtr value, ParseTuple(true, false));
    return StatementPtr(std::make_unique<SetStatement>(line, std::move(target), std::move(value)));
  }
  std::vector<PostfixStepPtr> filters;
  while (SkipOperator("|")) TALARIA_RETURN_IF_ERROR(ParseFilter(&filters));
  TALARIA_ASSIGN_OR_RETURN(Body body, ParseWholeBlock("endset"));
  return StatementPtr(
      std::make_unique<SetBlockStatement>(line, std::move(target), std::move(filters), std::move(body)));
}

StatusOr<StatementPtr> Parser::ParseIf(int line) {
  std::vector<IfStatement::Branch> branches;
  bool is_open = true;
  while (is_open) {
    IfStatement::Branch branch;
    TALARIA_ASSIGN_OR_RETURN(branch.condition, ParseTuple(false, false));
    TALARIA_ASSIGN_OR_RETURN(branch.body, ParseBlock({"elif", "else", "endif"}));
    branches.push_back(std::move(branch));
    is_open = SkipName("elif");
  }
  if (SkipName("else")) {
    IfStatement::Branch branch;
    TALARIA_ASSIGN_OR_RETURN(branch.body, ParseWholeBlock("endif"));
    branches.push_back(std::move(branch));
  } else {
    TALARIA_RETURN_IF_ERROR(ExpectName("endif"));
  }
  return StatementPtr(std::make_unique<IfStatement>(line, std::move(branches)));
}

StatusOr<StatementPtr> Parser::ParseFor(int line) {
  ForStatement::Parts parts;
  parts.loop = SymbolOf("loop");
  ++loops_;
  TALARIA_ASSIGN_OR_RETURN(parts.target, ParseTarget(false));
  TALARIA_RETURN_IF_ERROR(ExpectName("in"));
  TALARIA_ASSIGN_OR_RETURN(parts.items, ParseTuple(false, false));
  if (SkipName("if")) {
    TALARIA_ASSIGN_OR_RETURN(parts.condition, ParseExpression());
  }
  parts.is_recursive = SkipName("recursive");
  TALARIA_ASSIGN_OR_RETURN(parts.body, ParseBlock({"else", "endfor"}));
  --loops_;
  if (SkipName("else")) {
    TALARIA_ASSIGN_OR_RETURN(parts.otherwise, ParseWholeBlock("endfor"));
  } else {
    TALARIA_RETURN_IF_ERROR(ExpectName("endfor"));
  }
  return StatementPtr(std::make_unique<ForStatement>(line, std::move(parts)));
}

Status Parser::ParseParameters(MacroStatement::Parts* parts) {
  TALARIA_RETURN_IF_ERROR(ExpectOperator("("));
  bool has_fallback = false;
  while (!IsOperator(")")) {
    if (!parts->parameters.empty()) TALARIA_RETURN_IF_ERROR(ExpectOperator(","));
    MacroStatement::Parameter parameter;
    TALARIA_ASSIGN_OR_RETURN(parameter.name, TakeName());
    for (const MacroStatement::Parameter& other : parts->parameters) {
      if (other.name == parameter.name) return Fail(Cat("the parameter '", parameter.name, "' once"));
    }
    parameter.symbol = SymbolOf(parameter.name);
    if (SkipOperator("=")) {
      has_fallback = true;
      TALARIA_ASSIGN_OR_RETURN(parameter.fallback, ParseExpression());
    } else if (has_fallback) {
      return Fail("a default, as the parameter before has one");
    }
    parts->parameters.push_back(std::move(parameter));
    // Each parameter is looked for by name in each call.
    if (parts->parameters.size() > 100) return Fail("at most 100 parameters");
  }
  ++at_;
  return absl::OkStatus();
}

StatusOr<StatementPtr> Parser::ParseMacro(int line) {
  MacroStatement::Parts parts;
  TALARIA_ASSIGN_OR_RETURN(parts.name, TakeName());
  parts.symbol = SymbolOf(parts.name);
  TALARIA_RETURN_IF_ERROR(ParseParameters(&parts));
  // A macro is a function of its own: loops and implicit names around it are not its.
  const int outer_loops = std::exchange(loops_, 0);
  const auto outer_names = std::exchange(macro_names_, {});
  TALARIA_ASSIGN_OR_RETURN(parts.body, ParseWholeBlock("endmacro"));
  const auto implicit = [this, &parts](std::string_view name) {
    const bool is_parameter = std::any_of(parts.parameters.begin(), parts.parameters.end(),
                                          [name](const auto& parameter) { return parameter.name == name; });
    return MacroStatement::Implicit{!is_parameter && macro_names_.count(std::string(name)) > 0,
                                    SymbolOf(name)};
  };
  parts.varargs = implicit("varargs");
  parts.kwargs = implicit("kwargs");
  parts.caller = implicit("caller");
  loops_ = outer_loops;
  macro_names_ = outer_names;
  return StatementPtr(std::make_unique<MacroStatement>(line, std::move(parts)));
}

StatusOr<StatementPtr> Parser::ParseWith(int line) {
  WithStatement::Bindings bindings;
  while (Current().type != TokenType::kStatementEnd && !IsOperator(":")) {
    if (!bindings.empty()) TALARIA_RETURN_IF_ERROR(ExpectOperator(","));
    TALARIA_ASSIGN_OR_RETURN(TargetPtr target, ParseOneTarget(false));
    TALARIA_RETURN_IF_ERROR(ExpectOperator("="));
    TALARIA_ASSIGN_OR_RETURN(ExpressionPtr value, ParseExpression());
    bindings.emplace_back(std::move(target), std::move(value));
  }
  TALARIA_ASSIGN_OR_RETURN(Body body, ParseWholeBlock("endwith"));
  return StatementPtr(std::make_unique<WithStatement>(line, std::move(bindings), std::move(body)));
}

StatusOr<StatementPtr> Parser::ParseFilterBlock(int line) {
  std::vector<PostfixStepPtr> filters;
  do {
    TALARIA_RETURN_IF_ERROR(ParseFilter(&filters));
  } while (SkipOperator("|"));
  TALARIA_ASSIGN_OR_RETURN(Body body, ParseWholeBlock("endfilter"));
  return StatementPtr(std::make_unique<CaptureStatement>(line, std::move(filters), std::move(body)));
}

// transformers' tag around what the assistant says: a mark for training, of no account here.
StatusOr<StatementPtr> Parser::ParseGeneration(int line) {
  const int outer_loops = std::exchange(loops_, 0);
  TALARIA_ASSIGN_OR_RETURN(Body body, ParseWholeBlock("endgeneration"));
  loops_ = outer_loops;
  return StatementPtr(
      std::make_unique<CaptureStatement>(line, std::vector<PostfixStepPtr>(), std::move(body)));
}

StatusOr<StatementPtr> Parser::ParsePrint(int line) {
  std::vector<PrintStatement::Part> parts;
  while (Current().type != TokenType::kStatementEnd) {
    if (!parts.empty()) TALARIA_RETURN_IF_ERROR(ExpectOperator(","));
    TALARIA_ASSIGN_OR_RETURN(ExpressionPtr expression, ParseExpression());
    parts.push_back({{}, std::move(expression)});
  }
  return StatementPtr(std::make_unique<PrintStatement>(line, std::move(parts)));
}

StatusOr<StatementPtr> Parser::ParseBreak(int line) {
  if (loops_ == 0) return InvalidArgument("line ", line, ": 'break' outside a loop");
  return StatementPtr(std::make_unique<FlowStatement>(line, Flow::kBreak));
}

StatusOr<StatementPtr> Parser::ParseContinue(int line) {
  if (loops_ == 0) return InvalidArgument("line ", line, ": 'continue' outside a loop");
  return StatementPtr(std::make_unique<FlowStatement>(line, Flow::kContinue));
}

}  // namespace talaria::chat::jinja
