#ifndef TALARIA_LIB_CHAT_JINJA_LOOP_H_
#define TALARIA_LIB_CHAT_JINJA_LOOP_H_

#include <memory>
#include <vector>

#include "lib/chat/jinja/statement.h"

namespace talaria::chat::jinja {

// {% for target in items if condition recursive %}...{% else %}...{% endfor %}
class ForStatement : public Statement {
 public:
  struct Parts {
    TargetPtr target;
    ExpressionPtr items;
    ExpressionPtr condition;  // null where there is none
    bool is_recursive = false;
    Body body;
    Body otherwise;
    Symbol loop = 0;  // the name "loop"
  };
  ForStatement(int line, Parts parts) : Statement(line), parts_(std::move(parts)) {}

  // Goes through *items* once, *outside* being the scope around the loop.
  Status Go(Machine& machine, const Value& items, Scope* outside, int64_t depth) const;
  // Whether *item* passes the condition.
  Status Passes(Machine& machine, Scope* outside, const Value& item, bool* passes) const;
  bool has_condition() const { return parts_.condition != nullptr; }
  bool is_recursive() const { return parts_.is_recursive; }

 protected:
  Status Run(Machine& machine) const override;

 private:
  const Parts parts_;
};

}  // namespace talaria::chat::jinja

#endif  // TALARIA_LIB_CHAT_JINJA_LOOP_H_
