#ifndef TALARIA_LIB_CHAT_TOOL_CALL_PARSER_H_
#define TALARIA_LIB_CHAT_TOOL_CALL_PARSER_H_

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/json.h"
#include "lib/base/status.h"
#include "lib/chat/tool_call/body_lexer.h"
#include "lib/chat/tool_call/call_error.h"
#include "lib/chat/tool_call/json_scanner.h"
#include "lib/chat/tool_call/read_call.h"
#include "lib/chat/tool_set.h"

// What a model of Hermes' family says, taken apart: words, reasoning, and calls of tools.
namespace talaria::chat {

enum class ToolEventKind : uint8_t {
  kText,       // words outside of calls
  kReasoning,  // words inside a reasoning tag
  // A call whose name is known. Where one of that index had begun already, that beginning and its arguments
  // were mistaken (a name that occurs twice, a Python literal) and this takes their place.
  kCallBegin,
  kArguments,  // more of the JSON text of the call's arguments
  kCallEnd,    // the call is whole: its name and all of its arguments
  kError,      // what stands in this <tool_call> is no call, also where it had begun as one
};

struct ToolEvent {
  ToolEventKind kind = ToolEventKind::kText;
  size_t index = 0;       // which <tool_call> of the output, from 0; good and bad ones count alike
  std::string id;         // kCallBegin, kArguments, kCallEnd
  std::string name;       // kCallBegin, kCallEnd
  std::string text;       // the words; of kCallEnd the arguments as JSON text; of kError what stood there
  bool lenient = false;   // kCallBegin, kCallEnd: it was a Python literal
  json::Value arguments;  // kCallEnd: an object
  CallError error = CallError::kNone;  // kError
  CallCheck check = CallCheck::kOk;    // kCallEnd, where there are tools to hold it against
  std::string detail;                  // kError, and kCallEnd that is not kOk: what is wrong, for the model
};

struct ToolCallParserOptions {
  // Names of tags, without brackets, whose insides are reasoning. None: such tags are words like any others.
  std::vector<std::string> reasoning_tags;
  // The ids of calls are "call_" and a number; that of the first.
  uint64_t first_id = 0;
  CallLimits limits;
  std::shared_ptr<const ToolSet> tools;  // to hold calls against; may be null
};

// The tags for reasoning of Hermes 3 and of models after it.
std::vector<std::string> HermesReasoningTags();

// Takes an output apart as it comes in, in pieces of any size that may cut characters in two. What is no
// UTF-8 becomes U+FFFD.
//
// The law: however the bytes were cut, the events, those in a row of one kind and index joined, are the same,
// and the arguments of a kCallEnd are the joined kArguments since its last kCallBegin.
//
// A call needs its tag; what looks like one outside of any is words. A tag inside a string of a call is part
// of the string (body_lexer.h), one inside reasoning is part of that. The closing tag may be left out at the
// end of the output and before the next call. Time is linear in the output; memory is that of the output, of
// the events not taken yet, and of the values of one call.
class ToolCallParser {
 public:
  explicit ToolCallParser(ToolCallParserOptions options = {});

  // The next bytes. FAILED_PRECONDITION after Finish.
  Status Feed(std::string_view bytes);
  // The output has ended: what was held back comes out. Once.
  Status Finish();

  // The oldest event, or false where there is none (yet).
  bool NextEvent(ToolEvent* event);

 private:
  // What the reading is inside of: words, a reasoning tag, a call.
  enum class Place { kText, kReasoning, kCall };

  void Read();
  bool ReadWords();
  bool ReadCallBody();
  void BeginCall();
  void StreamCall();
  void EndCall(const BodyLexer::End& end);
  void Emit(ToolEventKind kind, std::string_view text);
  void EmitBegin(std::string_view name, bool lenient);
  std::string Id() const;
  std::string_view Rest() const { return std::string_view(buffer_).substr(at_); }

  ToolCallParserOptions options_;
  std::vector<std::string> open_tags_;   // of reasoning
  std::vector<std::string> close_tags_;  // of each
  std::deque<ToolEvent> events_;
  bool finished_ = false;

  std::string partial_;  // the beginning of a character
  std::string buffer_;   // read up to at_, where the current call begins if there is one
  size_t at_ = 0;
  Place place_ = Place::kText;
  size_t reasoning_ = 0;  // which tag

  // The current call.
  size_t next_index_ = 0;
  size_t index_ = 0;
  BodyLexer lexer_;
  JsonScanner scanner_;
  std::string begun_name_;  // what its kCallBegin said; empty: there was none
  size_t streamed_ = 0;     // bytes of its arguments that went out
};

// The same for an output that is there as a whole.
std::vector<ToolEvent> ParseToolCalls(std::string_view output, const ToolCallParserOptions& options = {});

}  // namespace talaria::chat

#endif  // TALARIA_LIB_CHAT_TOOL_CALL_PARSER_H_
