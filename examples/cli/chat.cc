// talaria chat: a conversation at the terminal, streamed.
#include <atomic>
#include <csignal>
#include <cstdio>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "command.h"
#include "grammar_options.h"
#include "sampling_options.h"

namespace talaria::cli {
namespace {

struct ChatOptions : ModelOptions {
  std::string system;
  std::string prompt;
  std::string source = "checkpoint";
  std::string template_name;  // "": the rule of the library
  GrammarOptions held_to;
  int64_t context = 0;
  int64_t max_tokens = 0;
  bool quiet = false;
  SamplingOptions sampling;
};

// Raised by Ctrl-C, which ends an answer and not the program.
std::atomic<bool> interrupted{false};
static_assert(std::atomic<bool>::is_always_lock_free);

void Interrupt(int /*signal*/) { interrupted.store(true); }

// Hermes' JSON mode behind what the model is told to be.
Result<std::string> SystemOf(const ChatOptions& options, const std::string& schema) {
  if (schema.empty()) return options.system;
  Result<std::string> json = JsonModePrompt(schema);
  if (!json.ok()) return json.status();
  return options.system.empty() ? *json : options.system + "\n" + *json;
}

const char* ReasonText(int32_t reason) {
  switch (reason) {
    case TALARIA_FINISH_LENGTH:
      return ", cut at --max-tokens";
    case TALARIA_FINISH_CONTEXT:
    case TALARIA_FINISH_CACHE:
      return ", the context is full";
    case TALARIA_FINISH_CANCELLED:
      return ", interrupted";
    default:
      return "";
  }
}

// A line from the terminal; false at the end of input. Ctrl-C gives an empty line.
bool ReadLine(const char* sign, std::string* line) {
  std::fputs(sign, stdout);
  std::fflush(stdout);
  interrupted.store(false);
  line->clear();
  while (true) {
    const int c = std::fgetc(stdin);
    if (c == EOF && interrupted.exchange(false)) {
      std::clearerr(stdin);
      std::printf("\n");
      line->clear();
      return true;
    }
    if (c == EOF) return !line->empty();
    if (c == '\n') return true;
    line->push_back(static_cast<char>(c));
  }
}

class Conversation {
 public:
  static Result<Conversation> Open(const ChatOptions& options) {
    Result<Runtime> runtime = MakeRuntime(options);
    if (!runtime.ok()) return runtime.status();
    Result<Model> model = OpenModel(&*runtime, options);
    if (!model.ok()) return model.status();
    Result<Tokenizer> tokenizer = model->GetTokenizer();
    if (!tokenizer.ok()) return tokenizer.status();
    Result<ChatTemplate> by =
        options.source == "native" ? ChatTemplate::Hermes(tokenizer->Bos()) : model->GetChatTemplate();
    if (!by.ok()) return by.status();
    talaria_engine_config config = TALARIA_ENGINE_CONFIG_INIT;
    config.max_sessions = 1;
    config.context = options.context;
    config.own_thread = 1;
    Result<Engine> engine = model->CreateEngine(&config);
    if (!engine.ok()) return engine.status();
    Result<Session> session = engine->OpenSession();
    if (!session.ok()) return session.status();
    Result<Grammars> grammars = options.held_to.Make(options.template_name);
    if (!grammars.ok()) return grammars.status();
    Result<std::string> system = SystemOf(options, grammars->schema);
    if (!system.ok()) return system.status();
    Conversation made(options, *std::move(by), *std::move(session), *std::move(grammars));
    made.system_ = *std::move(system);
    if (const Status status = made.Reset(); !status.ok()) return status;
    return made;
  }

  // Takes everything but the system prompt back.
  Status Reset() {
    said_.clear();
    Result<Messages> messages = Messages::Create();
    if (!messages.ok()) return messages.status();
    if (!system_.empty()) {
      if (const Status status = messages->Add("system", system_); !status.ok()) return status;
    }
    return Begin(*messages);
  }

  // Says *text* and streams the answer to standard output. What cannot be answered is taken back.
  Status Ask(const std::string& text) {
    Result<Messages> before = loop_->CopyMessages();
    if (!before.ok()) return before.status();
    before_ = *std::move(before);
    said_ = text;
    return Answer();
  }

  // Another answer to what was said last; nothing where nothing was said.
  Status AskAgain() { return said_.empty() ? Status() : Answer(); }

 private:
  Conversation(const ChatOptions& options, ChatTemplate by, Session session, Grammars grammars)
      : options_(options),
        template_(std::move(by)),
        session_(std::move(session)),
        grammars_(std::move(grammars)) {}

  Status Begin(const Messages& messages) {
    talaria_render_options render = TALARIA_RENDER_OPTIONS_INIT;
    if (!grammars_.tools.empty()) {
      render.tools = grammars_.tools.data();
      render.tools_bytes = grammars_.tools.size();
    }
    if (!options_.template_name.empty()) {
      render.name = options_.template_name.data();
      render.name_bytes = options_.template_name.size();
    }
    talaria_tool_loop_options options = TALARIA_TOOL_LOOP_OPTIONS_INIT;
    options.render = &render;
    Result<ToolLoop> loop = ToolLoop::Create(template_, messages, &options);
    if (!loop.ok()) return loop.status();
    loop_ = *std::move(loop);
    return Status();
  }

  Status Answer() {
    if (const Status status = Begin(*before_); !status.ok()) return status;
    if (const Status status = loop_->Say(said_); !status.ok()) return status;
    interrupted.store(false);
    const Status status = Turns();
    if (status.ok()) return status;
    said_.clear();
    const Status restored = Begin(*before_);
    return restored.ok() ? status : restored;
  }

  // The model's turns until it calls nothing more.
  Status Turns() {
    for (const std::optional<Grammar>* grammar = &grammars_.first;; grammar = &grammars_.later) {
      const Result<Prompt> prompt = loop_->Render();
      if (!prompt.ok()) return prompt.status();
      if (const Status status = session_.SetPrompt(*prompt); !status.ok()) return status;
      talaria_generate_options request = options_.sampling.Request();
      request.max_tokens = options_.max_tokens;
      // A seed that was not chosen goes on from answer to answer: a regenerated one is another.
      request.stream = answers_++;
      if (grammar->has_value()) request.grammar = (*grammar)->get();
      if (const Status status = session_.Generate(&request); !status.ok()) return status;
      std::vector<Call> calls;
      if (const Status status = Stream(&calls); !status.ok()) return status;
      // Without tools the answer is shown as it came, whatever it looks like.
      if (grammars_.tools.empty()) return Status();
      for (const Call& call : calls) {
        std::string result;
        const bool is_given = ReadLine(("result of " + call.name + "> ").c_str(), &result);
        if (!is_given) result.clear();
        const Status status =
            result.empty() ? loop_->SetError(call.id, "it was not run") : loop_->SetResult(call.id, result);
        if (!status.ok()) return status;
        if (!is_given) return Status();
      }
      const Result<talaria_tool_loop_state> state = loop_->State();
      if (!state.ok()) return state.status();
      if (state->state == TALARIA_LOOP_TOO_DEEP)
        std::fprintf(stderr, "[called %d times in a row: stopped]\n", state->depth);
      if (state->state != TALARIA_LOOP_GENERATE) return Status();
    }
  }

  struct Call {
    std::string id;
    std::string name;
  };

  // Shows what came of the answer so far; a call that is good waits in *calls*.
  Status Show(std::vector<Call>* calls) {
    ToolEvent event;
    while (true) {
      const Result<bool> next = loop_->NextEvent(&event);
      if (!next.ok()) return next.status();
      if (!*next) break;
      if (grammars_.tools.empty()) continue;
      const std::string text(event.text, static_cast<size_t>(event.text_bytes));
      if (event.kind == TALARIA_TOOL_EVENT_TEXT) std::fwrite(text.data(), 1, text.size(), stdout);
      if (event.kind == TALARIA_TOOL_EVENT_CALL_END) {
        std::printf("[calls %s(%s)%s%s]\n", event.name, text.c_str(), event.problem == 0 ? "" : ": ",
                    event.problem == 0 ? "" : event.detail);
        if (event.problem == TALARIA_CALL_OK) calls->push_back({event.id, event.name});
      }
      if (event.kind == TALARIA_TOOL_EVENT_ERROR) {
        std::printf("[no call, %s: %s]\n", talaria_call_problem_name(event.problem), event.detail);
      }
    }
    std::fflush(stdout);
    return Status();
  }

  Status Stream(std::vector<Call>* calls) {
    constexpr uint64_t kLookUs = 50000;  // how often to look whether Ctrl-C was pressed
    bool cancelled = false;
    while (true) {
      Event event;
      const Result<bool> next = session_.NextEvent(&event, kLookUs);
      if (!next.ok()) return next.status();
      if (!cancelled && interrupted.load()) {
        cancelled = true;
        if (const Status status = session_.Cancel(); !status.ok()) return status;
      }
      if (!*next) continue;
      if (event.text != nullptr) {
        const std::string_view text(event.text, static_cast<size_t>(event.text_bytes));
        if (const Status status = loop_->Feed(text); !status.ok()) return status;
        if (grammars_.tools.empty()) std::fwrite(text.data(), 1, text.size(), stdout);
        if (const Status status = Show(calls); !status.ok()) return status;
      }
      if (event.kind != TALARIA_EVENT_FINISHED) continue;
      const int32_t reason = event.finish_reason;
      if (const Status status = loop_->Finish(); !status.ok()) return status;
      if (const Status status = Show(calls); !status.ok()) return status;
      std::printf("\n");
      std::fflush(stdout);
      Tell(reason);
      return session_.Failure();
    }
  }

  // Tokens and their speed, on standard error.
  void Tell(int32_t reason) {
    const Result<talaria_usage> now = session_.Usage();
    if (!now.ok() || options_.quiet) return;
    const int64_t generated = now->generated_tokens - told_.generated_tokens;
    const int64_t read = now->prompt_tokens - told_.prompt_tokens;
    const double writing = static_cast<double>(now->generation_us - now->first_token_us) / 1e6;
    const double reading = static_cast<double>(now->first_token_us) / 1e6;
    std::fprintf(stderr, "[%lld tokens", static_cast<long long>(generated));
    if (generated > 1 && writing > 0)
      std::fprintf(stderr, ", %.1f a second", static_cast<double>(generated - 1) / writing);
    std::fprintf(stderr, "; %lld read in %.2f s%s]\n", static_cast<long long>(read), reading,
                 ReasonText(reason));
    told_ = *now;
  }

  const ChatOptions& options_;
  ChatTemplate template_;
  Session session_;
  std::string system_;
  Grammars grammars_;
  std::optional<ToolLoop> loop_;
  std::optional<Messages> before_;  // what was said last
  std::string said_;
  uint64_t answers_ = 0;
  talaria_usage told_ = TALARIA_USAGE_INIT;
};

Status Talk(Conversation* conversation, bool quiet) {
  if (!quiet)
    std::fprintf(
        stderr,
        "/again: another answer  /reset: begin anew  /exit or Ctrl-D: leave  Ctrl-C: stop the answer\n");
  std::string line;
  while (ReadLine("> ", &line)) {
    if (line == "/exit") break;
    if (line.empty()) continue;
    const Status status = line == "/reset"   ? conversation->Reset()
                          : line == "/again" ? conversation->AskAgain()
                                             : conversation->Ask(line);
    if (status.ok()) continue;
    // What cannot be answered (a context that is full) is said, and the conversation goes on without it.
    std::fprintf(stderr, "talaria: %s\n", status.text().c_str());
  }
  return Status();
}

Status Chat(const ChatOptions& options) {
  Result<Conversation> conversation = Conversation::Open(options);
  if (!conversation.ok()) return conversation.status();
  struct sigaction action = {};
  action.sa_handler = Interrupt;
  sigaction(SIGINT, &action, nullptr);
  if (options.prompt.empty()) return Talk(&*conversation, options.quiet);
  return conversation->Ask(options.prompt);
}

}  // namespace

void AddChat(CLI::App* app, Action* action) {
  const auto options = std::make_shared<ChatOptions>();
  CLI::App* command = app->add_subcommand("chat", "Talk with a model, streamed; Ctrl-C stops an answer.");
  AddModelOptions(command, options.get());
  command->add_option("--system", options->system, "The system prompt: who the model is to be.");
  command->add_option("--prompt", options->prompt, "Ask this one thing and leave.");
  command
      ->add_option("--template", options->source,
                   "checkpoint: the templates that MODEL brings; native: Hermes' own.")
      ->check(CLI::IsMember({"native", "checkpoint"}))
      ->capture_default_str();
  options->held_to.AddTo(command);
  command->add_option("--template-name", options->template_name,
                      "Which of the templates: default, tool_use, card, planning, or one that MODEL brings.");
  command->add_option("--context", options->context,
                      "Positions of the conversation; 0: the model's, at most 4096.");
  command->add_option("--max-tokens", options->max_tokens, "Of an answer; 0: until the context is full.");
  command->add_flag("-q,--quiet", options->quiet, "Nothing but the answers.");
  options->sampling.AddTo(command);
  command->footer("Example:\n  talaria chat model --system 'You are Brida, a smith.' --temperature 0.7");
  command->callback([options, action] { *action = [options] { return Chat(*options); }; });
}

}  // namespace talaria::cli
