// The expression half of Parser: precedence as Jinja has it, from `if` down to signs.
#include <array>

#include "lib/chat/jinja/parser.h"

namespace talaria::chat::jinja {

StatusOr<ExpressionPtr> Parser::ParseExpression(bool with_conditional) {
  const Nesting nesting(this);
  TALARIA_RETURN_IF_ERROR(nesting.Check());
  TALARIA_ASSIGN_OR_RETURN(ExpressionPtr expression, ParseLogic());
  for (int wraps = 0; with_conditional && IsName("if"); ++wraps) {
    TALARIA_RETURN_IF_ERROR(CheckNesting(wraps + nesting_));
    const int line = Current().line;
    ++at_;
    TALARIA_ASSIGN_OR_RETURN(ExpressionPtr condition, ParseLogic());
    ExpressionPtr otherwise;
    if (SkipName("else")) {
      TALARIA_ASSIGN_OR_RETURN(otherwise, ParseExpression());
    }
    expression = std::make_unique<ConditionalExpression>(line, std::move(condition), std::move(expression),
                                                         std::move(otherwise));
  }
  return expression;
}

bool Parser::IsTupleEnd() const {
  const TokenType type = Current().type;
  return type == TokenType::kPrintEnd || type == TokenType::kStatementEnd || IsOperator(")") ||
         IsName("recursive");
}

StatusOr<ExpressionPtr> Parser::ParseTuple(bool with_conditional, bool in_brackets) {
  const int line = Current().line;
  ExpressionList items;
  bool is_tuple = false;
  while (!IsTupleEnd()) {
    TALARIA_ASSIGN_OR_RETURN(ExpressionPtr item, ParseExpression(with_conditional));
    items.push_back(std::move(item));
    if (!SkipOperator(",")) break;
    is_tuple = true;
  }
  if (!is_tuple && !items.empty()) return std::move(items[0]);
  if (!is_tuple && !in_brackets) return Fail("an expression");
  return ExpressionPtr(std::make_unique<SequenceExpression>(line, SequenceType::kTuple, std::move(items)));
}

StatusOr<ExpressionPtr> Parser::ParseLogic() {
  const int line = Current().line;
  ExpressionList parts;
  do {
    TALARIA_ASSIGN_OR_RETURN(ExpressionPtr part, ParseConjunction());
    parts.push_back(std::move(part));
  } while (SkipName("or"));
  if (parts.size() == 1) return std::move(parts[0]);
  return ExpressionPtr(std::make_unique<LogicExpression>(line, false, std::move(parts)));
}

StatusOr<ExpressionPtr> Parser::ParseConjunction() {
  const int line = Current().line;
  ExpressionList parts;
  do {
    TALARIA_ASSIGN_OR_RETURN(ExpressionPtr part, ParseComparison());
    parts.push_back(std::move(part));
  } while (SkipName("and"));
  if (parts.size() == 1) return std::move(parts[0]);
  return ExpressionPtr(std::make_unique<LogicExpression>(line, true, std::move(parts)));
}

namespace {

struct ComparatorRow {
  std::string_view symbol;
  Comparator comparator;
};
constexpr std::array<ComparatorRow, 6> kComparators = {{{"==", Comparator::kEqual},
                                                        {"!=", Comparator::kNotEqual},
                                                        {"<", Comparator::kLess},
                                                        {"<=", Comparator::kLessEqual},
                                                        {">", Comparator::kGreater},
                                                        {">=", Comparator::kGreaterEqual}}};

}  // namespace

// Any number of `not` before one comparison.
StatusOr<ExpressionPtr> Parser::ParseComparison() {
  const int line = Current().line;
  int negations = 0;
  while (SkipName("not")) TALARIA_RETURN_IF_ERROR(CheckNesting(++negations + nesting_));
  TALARIA_ASSIGN_OR_RETURN(ExpressionPtr expression, ParseArithmetic());
  ComparisonExpression::Rest rest;
  for (bool more = true; more;) {
    more = false;
    Comparator comparator = Comparator::kIn;
    for (const ComparatorRow& row : kComparators) {
      if (!SkipOperator(row.symbol)) continue;
      comparator = row.comparator;
      more = true;
      break;
    }
    if (!more && SkipName("in")) more = true;
    if (!more && IsName("not") && Next().type == TokenType::kName && Next().text == "in") {
      at_ += 2;
      comparator = Comparator::kNotIn;
      more = true;
    }
    if (!more) break;
    TALARIA_ASSIGN_OR_RETURN(ExpressionPtr operand, ParseArithmetic());
    rest.emplace_back(comparator, std::move(operand));
  }
  if (!rest.empty()) {
    expression = std::make_unique<ComparisonExpression>(line, std::move(expression), std::move(rest));
  }
  for (; negations > 0; --negations)
    expression = std::make_unique<NotExpression>(line, std::move(expression));
  return expression;
}

namespace {

// Operators of two operands, the level saying how tightly they bind; "~" stands between + and *.
struct ArithmeticRow {
  std::string_view symbol;
  int level;
  Operator op;
};
constexpr int kSumLevel = 0;
constexpr int kConcatenationLevel = 1;
constexpr int kLevels = 4;
constexpr std::array<ArithmeticRow, 8> kArithmetic = {{{"+", kSumLevel, Operator::kAdd},
                                                       {"-", kSumLevel, Operator::kSubtract},
                                                       {"~", kConcatenationLevel, Operator::kAdd},
                                                       {"*", 2, Operator::kMultiply},
                                                       {"/", 2, Operator::kDivide},
                                                       {"//", 2, Operator::kFloorDivide},
                                                       {"%", 2, Operator::kModulo},
                                                       {"**", 3, Operator::kPower}}};

// Joins what stands between operators of *level*, from the left, and leaves the rest as it is.
void Fold(int level, ExpressionList* operands, std::vector<const ArithmeticRow*>* operators) {
  ExpressionList folded;
  std::vector<const ArithmeticRow*> left;
  for (size_t i = 0; i < operands->size();) {
    size_t end = i;
    while (end < operators->size() && (*operators)[end]->level == level) ++end;
    const int line = (*operands)[i]->line();
    ExpressionPtr first = std::move((*operands)[i]);
    if (end > i && level == kConcatenationLevel) {
      ExpressionList parts;
      parts.push_back(std::move(first));
      for (size_t k = i; k < end; ++k) parts.push_back(std::move((*operands)[k + 1]));
      first = std::make_unique<ConcatenationExpression>(line, std::move(parts));
    } else if (end > i) {
      ArithmeticExpression::Rest rest;
      for (size_t k = i; k < end; ++k) rest.emplace_back((*operators)[k]->op, std::move((*operands)[k + 1]));
      first = std::make_unique<ArithmeticExpression>(line, std::move(first), std::move(rest));
    }
    folded.push_back(std::move(first));
    if (end < operators->size()) left.push_back((*operators)[end]);
    i = end + 1;
  }
  *operands = std::move(folded);
  *operators = std::move(left);
}

}  // namespace

StatusOr<ExpressionPtr> Parser::ParseArithmetic() {
  ExpressionList operands;
  std::vector<const ArithmeticRow*> operators;
  for (bool more = true; more;) {
    TALARIA_ASSIGN_OR_RETURN(ExpressionPtr operand, ParseUnary());
    operands.push_back(std::move(operand));
    more = false;
    for (const ArithmeticRow& row : kArithmetic) {
      if (!SkipOperator(row.symbol)) continue;
      operators.push_back(&row);
      more = true;
      break;
    }
  }
  for (int level = kLevels - 1; level >= 0; --level) Fold(level, &operands, &operators);
  return std::move(operands[0]);
}

StatusOr<ExpressionPtr> Parser::ParseUnary() {
  const int line = Current().line;
  std::vector<bool> minus_signs;
  while (IsOperator("-") || IsOperator("+")) {
    minus_signs.push_back(IsOperator("-"));
    TALARIA_RETURN_IF_ERROR(CheckNesting(static_cast<int>(minus_signs.size()) + nesting_));
    ++at_;
  }
  TALARIA_ASSIGN_OR_RETURN(ExpressionPtr expression, ParsePrimary());
  std::vector<PostfixStepPtr> steps;
  TALARIA_RETURN_IF_ERROR(ParsePostfix(&steps));
  // Signs bind tighter than filters and looser than what is before them.
  if (!minus_signs.empty()) {
    if (!steps.empty())
      expression = std::make_unique<PostfixExpression>(line, std::move(expression), std::move(steps));
    steps.clear();
    for (size_t i = minus_signs.size(); i > 0; --i) {
      expression = std::make_unique<SignExpression>(line, minus_signs[i - 1], std::move(expression));
    }
  }
  TALARIA_RETURN_IF_ERROR(ParseFiltersAndTests(&steps));
  if (steps.empty()) return expression;
  return ExpressionPtr(std::make_unique<PostfixExpression>(line, std::move(expression), std::move(steps)));
}

StatusOr<ExpressionPtr> Parser::ParsePrimary() {
  const Token& token = Current();
  const auto constant = [this, &token](Value value) {
    ++at_;
    return ExpressionPtr(std::make_unique<ConstantExpression>(token.line, std::move(value)));
  };
  if (token.type == TokenType::kName) {
    if (token.text == "true" || token.text == "True") return constant(Value::Boolean(true));
    if (token.text == "false" || token.text == "False") return constant(Value::Boolean(false));
    if (token.text == "none" || token.text == "None") return constant(Value::None());
    ++at_;
    return NameReference(token.line, token.text);
  }
  if (token.type == TokenType::kInteger) return constant(Value::Integer(token.integer));
  if (token.type == TokenType::kFloat) return constant(Value::Float(token.number));
  if (token.type == TokenType::kString) return ParseString();
  if (IsOperator("[")) return ParseList();
  if (IsOperator("{")) return ParseDict();
  if (!SkipOperator("(")) return Fail("an expression");
  TALARIA_ASSIGN_OR_RETURN(ExpressionPtr inner, ParseTuple(true, true));
  TALARIA_RETURN_IF_ERROR(ExpectOperator(")"));
  return inner;
}

// Strings side by side are one.
StatusOr<ExpressionPtr> Parser::ParseString() {
  const int line = Current().line;
  std::string text;
  while (Current().type == TokenType::kString) text += tokens_[at_++].text;
  words_.insert(text);
  return ExpressionPtr(std::make_unique<ConstantExpression>(line, Value::String(text)));
}

StatusOr<ExpressionPtr> Parser::ParseList() {
  const int line = Current().line;
  ++at_;
  ExpressionList items;
  while (!IsOperator("]")) {
    if (!items.empty()) {
      TALARIA_RETURN_IF_ERROR(ExpectOperator(","));
      if (IsOperator("]")) break;
    }
    TALARIA_ASSIGN_OR_RETURN(ExpressionPtr item, ParseExpression());
    items.push_back(std::move(item));
  }
  ++at_;
  return ExpressionPtr(std::make_unique<SequenceExpression>(line, SequenceType::kList, std::move(items)));
}

StatusOr<ExpressionPtr> Parser::ParseDict() {
  const int line = Current().line;
  ++at_;
  DictExpression::Entries entries;
  while (!IsOperator("}")) {
    if (!entries.empty()) {
      TALARIA_RETURN_IF_ERROR(ExpectOperator(","));
      if (IsOperator("}")) break;
    }
    TALARIA_ASSIGN_OR_RETURN(ExpressionPtr key, ParseExpression());
    TALARIA_RETURN_IF_ERROR(ExpectOperator(":"));
    TALARIA_ASSIGN_OR_RETURN(ExpressionPtr value, ParseExpression());
    entries.emplace_back(std::move(key), std::move(value));
  }
  ++at_;
  return ExpressionPtr(std::make_unique<DictExpression>(line, std::move(entries)));
}

}  // namespace talaria::chat::jinja
