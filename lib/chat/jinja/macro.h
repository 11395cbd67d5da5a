#ifndef TALARIA_LIB_CHAT_JINJA_MACRO_H_
#define TALARIA_LIB_CHAT_JINJA_MACRO_H_

#include <string>
#include <vector>

#include "lib/chat/jinja/statement.h"

namespace talaria::chat::jinja {

// {% macro name(a, b=1) %}...{% endmacro %}: defines a function whose value is the text it prints. It sees
// the variables of where it stands, as they are when it is called.
class MacroStatement : public Statement {
 public:
  struct Parameter {
    std::string name;
    Symbol symbol;
    ExpressionPtr fallback;  // null where there is none: then it is undefined
  };
  // A name that the body uses without declaring it and that a call fills in.
  struct Implicit {
    bool used = false;
    Symbol symbol = 0;
  };
  struct Parts {
    std::string name;
    Symbol symbol = 0;
    std::vector<Parameter> parameters;
    Implicit varargs;
    Implicit kwargs;
    Implicit caller;
    Body body;
  };
  MacroStatement(int line, Parts parts) : Statement(line), parts_(std::move(parts)) {}

  // Prints the macro's text for these arguments into *out. *outside is the scope it was defined in.
  Status Call(Machine& machine, Scope* outside, Arguments& arguments, MarkedString* out) const;
  const std::string& name() const { return parts_.name; }

 protected:
  Status Run(Machine& machine) const override;

 private:
  Status Bind(Machine& machine, Arguments& arguments) const;
  Status BindRest(Machine& machine, Arguments& arguments) const;

  const Parts parts_;
};

}  // namespace talaria::chat::jinja

#endif  // TALARIA_LIB_CHAT_JINJA_MACRO_H_
