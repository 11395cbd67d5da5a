// talaria chat: a conversation at the terminal, streamed.
#include <atomic>
#include <csignal>
#include <cstdio>
#include <iostream>
#include <memory>
#include <string>

#include "command.h"
#include "sampling_options.h"

namespace talaria::cli {
namespace {

struct ChatOptions : ModelOptions {
  std::string system;
  std::string prompt;
  std::string source = "checkpoint";
  int64_t context = 0;
  int64_t max_tokens = 0;
  bool quiet = false;
  SamplingOptions sampling;
};

// Raised by Ctrl-C, which ends an answer and not the program.
std::atomic<bool> interrupted{false};
static_assert(std::atomic<bool>::is_always_lock_free);

void Interrupt(int /*signal*/) { interrupted.store(true); }

struct Turn {
  std::string role;
  std::string content;
};

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
    Conversation made(options, *std::move(by), *std::move(session));
    if (!options.system.empty()) made.turns_.push_back({"system", options.system});
    return made;
  }

  void Say(const std::string& text) { turns_.push_back({"user", text}); }

  // Takes everything but the system prompt back.
  void Reset() {
    while (!turns_.empty() && turns_.back().role != "system") turns_.pop_back();
  }

  // Takes the last answer back; false where there is none.
  bool Unsay() {
    if (turns_.empty() || turns_.back().role != "assistant") return false;
    turns_.pop_back();
    return true;
  }

  // Takes what was said last back, when it could not be answered.
  void Forget() {
    if (!turns_.empty() && turns_.back().role == "user") turns_.pop_back();
  }

  // Streams the answer to standard output.
  Status Answer() {
    const Result<Prompt> prompt = Render();
    if (!prompt.ok()) return prompt.status();
    if (const Status status = session_.SetPrompt(*prompt); !status.ok()) return status;
    talaria_generate_options request = options_.sampling.Request();
    request.max_tokens = options_.max_tokens;
    // A seed that was not chosen goes on from answer to answer: a regenerated one is another.
    request.stream = answers_++;
    if (const Status status = session_.Generate(&request); !status.ok()) return status;
    interrupted.store(false);
    const Result<std::string> text = Stream();
    if (!text.ok()) return text.status();
    turns_.push_back({"assistant", *text});
    return Status();
  }

 private:
  Conversation(const ChatOptions& options, ChatTemplate by, Session session)
      : options_(options), template_(std::move(by)), session_(std::move(session)) {}

  Result<Prompt> Render() const {
    Result<Messages> messages = Messages::Create();
    if (!messages.ok()) return messages.status();
    for (const Turn& turn : turns_) {
      if (const Status status = messages->Add(turn.role, turn.content); !status.ok()) return status;
    }
    talaria_render_options options = TALARIA_RENDER_OPTIONS_INIT;
    options.add_generation_prompt = 1;
    return template_.Render(*messages, &options);
  }

  Result<std::string> Stream() {
    constexpr uint64_t kLookUs = 50000;  // how often to look whether Ctrl-C was pressed
    std::string text;
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
        text.append(event.text, static_cast<size_t>(event.text_bytes));
        std::fwrite(event.text, 1, static_cast<size_t>(event.text_bytes), stdout);
        std::fflush(stdout);
      }
      if (event.kind != TALARIA_EVENT_FINISHED) continue;
      std::printf("\n");
      Tell(event.finish_reason);
      const Status failure = session_.Failure();
      if (!failure.ok()) return failure;
      return text;
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
  std::vector<Turn> turns_;
  uint64_t answers_ = 0;
  talaria_usage told_ = TALARIA_USAGE_INIT;
};

// A line from the terminal; false at the end of input. Ctrl-C gives an empty line.
bool ReadLine(std::string* line) {
  std::fputs("> ", stdout);
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

Status Talk(Conversation* conversation, bool quiet) {
  if (!quiet)
    std::fprintf(
        stderr,
        "/again: another answer  /reset: begin anew  /exit or Ctrl-D: leave  Ctrl-C: stop the answer\n");
  std::string line;
  while (ReadLine(&line)) {
    if (line == "/exit") break;
    if (line.empty()) continue;
    if (line == "/reset") {
      conversation->Reset();
      continue;
    }
    if (line == "/again") {
      if (!conversation->Unsay()) continue;
    } else {
      conversation->Say(line);
    }
    const Status status = conversation->Answer();
    if (status.ok()) continue;
    // What cannot be answered (a context that is full) is said, and the conversation goes on without it.
    std::fprintf(stderr, "talaria: %s\n", status.text().c_str());
    conversation->Forget();
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
  conversation->Say(options.prompt);
  return conversation->Answer();
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
  command->add_option("--context", options->context,
                      "Positions of the conversation; 0: the model's, at most 4096.");
  command->add_option("--max-tokens", options->max_tokens, "Of an answer; 0: until the context is full.");
  command->add_flag("-q,--quiet", options->quiet, "Nothing but the answers.");
  options->sampling.AddTo(command);
  command->footer("Example:\n  talaria chat model --system 'You are Brida, a smith.' --temperature 0.7");
  command->callback([options, action] { *action = [options] { return Chat(*options); }; });
}

}  // namespace talaria::cli
