#ifndef TALARIA_LIB_BASE_JSON_EVENTS_H_
#define TALARIA_LIB_BASE_JSON_EVENTS_H_

#include <string>
#include <string_view>
#include <vector>

#include "lib/base/json.h"
#include "lib/base/status.h"

namespace talaria::json {

// Receives a text's values in their order. A status that is not OK stops the parser, which returns it.
// Strings and keys may be moved from.
class EventHandler {
 public:
  virtual ~EventHandler() = default;
  // null, a boolean, a number.
  virtual Status OnScalar(Value value) = 0;
  virtual Status OnString(std::string& text) = 0;
  virtual Status OnStartObject() = 0;
  virtual Status OnKey(std::string& key) = 0;
  virtual Status OnEndObject() = 0;
  virtual Status OnStartArray() = 0;
  virtual Status OnEndArray() = 0;
};

// As Parse, but hands over events and keeps nothing: for containers too large to be held as Values. The
// limits count as Parse's do. A member name that occurs twice is for the handler to refuse.
Status ParseEvents(std::string_view text, const ParseLimits& limits, EventHandler* handler);

// Builds the Value that Parse returns. Refuses a member name that occurs twice in one object.
class ValueBuilder : public EventHandler {
 public:
  Status OnScalar(Value value) override { return Place(std::move(value)); }
  Status OnString(std::string& text) override { return Place(Value(std::move(text))); }
  Status OnStartObject() override;
  Status OnKey(std::string& key) override;
  Status OnEndObject() override;
  Status OnStartArray() override;
  Status OnEndArray() override;

  Value Take() { return std::move(root_); }

 private:
  struct Container {
    std::vector<std::string> keys;  // of an object, one for each item
    Array items;
  };
  Status Place(Value value);

  std::vector<Container> open_;
  Value root_;
};

}  // namespace talaria::json

#endif  // TALARIA_LIB_BASE_JSON_EVENTS_H_
