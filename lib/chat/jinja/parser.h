#ifndef TALARIA_LIB_CHAT_JINJA_PARSER_H_
#define TALARIA_LIB_CHAT_JINJA_PARSER_H_

#include <string>
#include <string_view>
#include <vector>

#include "lib/base/hash_map.h"
#include "lib/chat/jinja/lexer.h"
#include "lib/chat/jinja/loop.h"
#include "lib/chat/jinja/macro.h"
#include "lib/chat/jinja/statement.h"

namespace talaria::chat::jinja {

// Tokens to statements, by recursive descent with a limit on depth. What Jinja has and this has not (include,
// extends, unknown filters, ...) is UNIMPLEMENTED by name and line; what is no Jinja is INVALID_ARGUMENT.
class Parser {
 public:
  explicit Parser(std::vector<Token> tokens) : tokens_(std::move(tokens)) {}

  // The whole template.
  StatusOr<Body> ParseTemplate();

  // Afterwards: the names of variables, by symbol,
  const std::vector<std::string>& names() const { return names_; }
  // and every attribute, string constant and keyword that occurs in it.
  const HashSet<std::string>& words() const { return words_; }

 private:
  // Blocks, brackets and conditions inside one another: one takes about 2 KiB of stack while parsing. Chains
  // of operators, filters and elif count as one level.
  static constexpr int kMaxNesting = 50;
  class Nesting {
   public:
    explicit Nesting(Parser* parser) : parser_(parser) { ++parser_->nesting_; }
    ~Nesting() { --parser_->nesting_; }
    Nesting(const Nesting&) = delete;
    Nesting& operator=(const Nesting&) = delete;
    Status Check() const { return parser_->CheckNesting(parser_->nesting_); }

   private:
    Parser* const parser_;
  };
  Status CheckNesting(int levels) const;

  // parser.cc: tokens
  const Token& Current() const { return tokens_[at_]; }
  const Token& Next() const { return tokens_[at_ + 1 < tokens_.size() ? at_ + 1 : at_]; }
  bool IsOperator(std::string_view symbol) const;
  bool IsName(std::string_view name) const;
  bool SkipOperator(std::string_view symbol);
  bool SkipName(std::string_view name);
  Status ExpectOperator(std::string_view symbol);
  Status ExpectName(std::string_view name);
  Status ExpectType(TokenType type);
  StatusOr<std::string> TakeName();
  Status Fail(std::string_view expected) const;
  Symbol SymbolOf(std::string_view name);
  StatusOr<ExpressionPtr> NameReference(int line, const std::string& name);

  // parse_statement.cc
  // Up to a tag named by one of *ends*, which stays the current token; the whole template where there are
  // none.
  StatusOr<Body> ParseBody(const std::vector<std::string_view>& ends);
  // The same behind the end of a tag; the end tag is left at its name.
  StatusOr<Body> ParseBlock(const std::vector<std::string_view>& ends);
  // And with the end tag's name taken.
  StatusOr<Body> ParseWholeBlock(std::string_view end);
  StatusOr<StatementPtr> ParseStatement();
  StatusOr<StatementPtr> ParseSet(int line);
  StatusOr<StatementPtr> ParseIf(int line);
  StatusOr<StatementPtr> ParseFor(int line);
  StatusOr<StatementPtr> ParseMacro(int line);
  StatusOr<StatementPtr> ParseWith(int line);
  StatusOr<StatementPtr> ParseFilterBlock(int line);
  StatusOr<StatementPtr> ParseGeneration(int line);
  StatusOr<StatementPtr> ParsePrint(int line);
  StatusOr<StatementPtr> ParseBreak(int line);
  StatusOr<StatementPtr> ParseContinue(int line);
  struct Row;
  static const Row kStatements[];
  // Of set: names, attributes of namespaces, tuples; of for and with: names and tuples.
  StatusOr<TargetPtr> ParseTarget(bool with_namespace);
  StatusOr<TargetPtr> ParseOneTarget(bool with_namespace);
  Status ParseParameters(MacroStatement::Parts* parts);

  // parse_expression.cc
  StatusOr<ExpressionPtr> ParseExpression(bool with_conditional = true);
  // One or more divided by commas: several, or one with a comma, are a tuple.
  StatusOr<ExpressionPtr> ParseTuple(bool with_conditional, bool in_brackets);
  bool IsTupleEnd() const;
  StatusOr<ExpressionPtr> ParseLogic();
  StatusOr<ExpressionPtr> ParseConjunction();
  StatusOr<ExpressionPtr> ParseComparison();
  StatusOr<ExpressionPtr> ParseArithmetic();
  StatusOr<ExpressionPtr> ParseUnary();
  StatusOr<ExpressionPtr> ParsePrimary();
  StatusOr<ExpressionPtr> ParseString();
  StatusOr<ExpressionPtr> ParseList();
  StatusOr<ExpressionPtr> ParseDict();

  // parse_postfix.cc
  Status ParsePostfix(std::vector<PostfixStepPtr>* steps);
  Status ParseFiltersAndTests(std::vector<PostfixStepPtr>* steps);
  Status ParseFilter(std::vector<PostfixStepPtr>* steps);
  Status ParseTest(std::vector<PostfixStepPtr>* steps);
  Status ParseDot(std::vector<PostfixStepPtr>* steps);
  Status ParseBrackets(std::vector<PostfixStepPtr>* steps);
  Status ParseArguments(ArgumentExpressions* out);
  StatusOr<std::string> TakeDottedName();

  const std::vector<Token> tokens_;
  size_t at_ = 0;
  int nesting_ = 0;
  // Loops around the current place, up to a macro: break and continue need one.
  int loops_ = 0;
  std::vector<std::string> names_;
  HashMap<std::string, Symbol> symbols_;
  HashSet<std::string> words_;
  // The names that the innermost macro so far refers to.
  HashSet<std::string> macro_names_;
};

}  // namespace talaria::chat::jinja

#endif  // TALARIA_LIB_CHAT_JINJA_PARSER_H_
