#include "lib/chat/jinja/parser.h"

namespace talaria::chat::jinja {

bool Parser::IsOperator(std::string_view symbol) const {
  return Current().type == TokenType::kOperator && Current().text == symbol;
}

bool Parser::IsName(std::string_view name) const {
  return Current().type == TokenType::kName && Current().text == name;
}

bool Parser::SkipOperator(std::string_view symbol) {
  const bool is_there = IsOperator(symbol);
  if (is_there) ++at_;
  return is_there;
}

bool Parser::SkipName(std::string_view name) {
  const bool is_there = IsName(name);
  if (is_there) ++at_;
  return is_there;
}

Status Parser::Fail(std::string_view expected) const {
  const Token& token = Current();
  const std::string found =
      token.type == TokenType::kEnd ? "the end of the template" : Quoted(token.text, 40);
  return InvalidArgument("line ", token.line, ": expected ", expected, ", found ", found);
}

Status Parser::CheckNesting(int levels) const {
  if (levels <= kMaxNesting) return absl::OkStatus();
  return ResourceExhausted("line ", Current().line, ": more than ", kMaxNesting,
                           " levels inside one another");
}

Status Parser::ExpectOperator(std::string_view symbol) {
  return SkipOperator(symbol) ? absl::OkStatus() : Fail(Cat("'", symbol, "'"));
}

Status Parser::ExpectName(std::string_view name) {
  return SkipName(name) ? absl::OkStatus() : Fail(Cat("'", name, "'"));
}

Status Parser::ExpectType(TokenType type) {
  if (Current().type != type) {
    return Fail(type == TokenType::kStatementEnd ? "'%}'" : type == TokenType::kPrintEnd ? "'}}'" : "a name");
  }
  ++at_;
  return absl::OkStatus();
}

StatusOr<std::string> Parser::TakeName() {
  if (Current().type != TokenType::kName) return Fail("a name");
  return tokens_[at_++].text;
}

Symbol Parser::SymbolOf(std::string_view name) {
  const auto [found, is_new] = symbols_.try_emplace(std::string(name), static_cast<Symbol>(names_.size()));
  if (is_new) names_.emplace_back(name);
  return found->second;
}

StatusOr<ExpressionPtr> Parser::NameReference(int line, const std::string& name) {
  macro_names_.insert(name);
  return ExpressionPtr(std::make_unique<NameExpression>(line, SymbolOf(name), name));
}

StatusOr<Body> Parser::ParseTemplate() { return ParseBody({}); }

}  // namespace talaria::chat::jinja
