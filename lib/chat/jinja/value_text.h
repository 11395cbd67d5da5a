#ifndef TALARIA_LIB_CHAT_JINJA_VALUE_TEXT_H_
#define TALARIA_LIB_CHAT_JINJA_VALUE_TEXT_H_

#include "lib/base/json.h"
#include "lib/chat/jinja/value.h"

// Values as text and text as values. A character of a string keeps its mark through quoting and escaping;
// what stands around it (quotes, brackets, digits) has the mark of the value it belongs to.
namespace talaria::chat::jinja {

// Appends str(value): a string as it is, nothing for an undefined value. INVALID_ARGUMENT for what has no
// text of its own in Python but an address: functions, generators, loops.
Status AppendText(const Value& value, MarkedString* out);
// Appends repr(value): strings in quotes.
Status AppendRepr(const Value& value, MarkedString* out);

// str(value) as a string.
Status TextOf(const Value& value, MarkedString* out);

struct JsonForm {
  bool ascii = false;
  bool sort_keys = false;
  // Not empty or *indented*: members on lines of their own, each level indented by this.
  MarkedString indent;
  bool indented = false;
  MarkedString item_separator = {", ", TextMark::kControl};
  MarkedString key_separator = {": ", TextMark::kControl};
};

// Appends json.dumps(value). INVALID_ARGUMENT for what JSON cannot hold, undefined values included.
Status AppendJson(const Value& value, const JsonForm& form, MarkedString* out);

// The value that json.loads gives, all of it under *mark*.
Status FromJson(const json::Value& json, TextMark mark, Value* out);

}  // namespace talaria::chat::jinja

#endif  // TALARIA_LIB_CHAT_JINJA_VALUE_TEXT_H_
