#include "lib/grammar/matcher.h"

#include <algorithm>
#include <utility>

#include "lib/base/caught_exception.h"
#include "lib/base/text.h"

namespace talaria::grammar {

namespace {

constexpr std::string_view kSavedHead = "talaria-matcher-1 ";

}  // namespace

// Room for the steps of a common answer, so that they allocate nothing.
Matcher::Matcher(std::shared_ptr<Automaton> automaton) : automaton_(std::move(automaton)) {
  text_.reserve(4096);
  marks_.reserve(1024);
  trail_.reserve(2048);
  now_.reserve(64);
  next_.reserve(64);
  marks_.push_back({0, 0});
}

// The configurations of every mark anew, after the automaton has forgotten what they meant.
Status Matcher::Replay() {
  epoch_ = automaton_->epoch();
  trail_.clear();
  automaton_->Start(&now_);
  size_t read = 0;
  for (Mark& mark : marks_) {
    for (; read < mark.text; ++read) {
      if (!automaton_->Step(now_, static_cast<uint8_t>(text_[read]), &next_)) return automaton_->status();
      now_.swap(next_);
    }
    trail_.insert(trail_.end(), now_.begin(), now_.end());
    mark.end = trail_.size();
  }
  return automaton_->status();
}

Status Matcher::Attempt(absl::FunctionRef<bool()> work) {
  return Catching([&]() -> Status {
    automaton_->Prepare();
    if (epoch_ != automaton_->epoch()) TALARIA_RETURN_IF_ERROR(Replay());
    if (work()) return absl::OkStatus();
    Status status = automaton_->status();
    return status.ok() ? Internal("grammar: expected a limit to be named, found none") : status;
  });
}

// Does *work* in the automaton's lock with configurations that mean something, and once more from nothing
// where a limit was reached or memory ran out. *work* says whether no limit was.
Status Matcher::Locked(absl::FunctionRef<bool()> work) {
  const std::lock_guard<std::mutex> lock(automaton_->mutex_);
  Status status = Attempt(work);
  if (status.ok()) return status;
  // What others have of it is lost too; they read their texts again.
  automaton_->Forget();
  status = Attempt(work);
  if (!status.ok()) automaton_->Forget();
  return status;
}

bool Matcher::Read(std::string_view bytes, bool* allowed) {
  const absl::Span<const Configuration> now = Now();
  now_.assign(now.begin(), now.end());
  *allowed = false;
  for (const char byte : bytes) {
    if (!automaton_->Step(now_, static_cast<uint8_t>(byte), &next_)) return false;
    now_.swap(next_);
    if (now_.empty()) return true;
  }
  *allowed = true;
  return true;
}

void Matcher::MakeRoom(std::string_view bytes) {
  const auto grow = [](auto* list, size_t more) {
    const size_t needed = list->size() + more;
    if (needed > list->capacity()) list->reserve(std::max(needed, 2 * list->capacity()));
  };
  grow(&text_, bytes.size());
  grow(&trail_, now_.size());
  grow(&marks_, 1);
}

void Matcher::Keep(std::string_view bytes) {
  text_.append(bytes);
  trail_.insert(trail_.end(), now_.begin(), now_.end());
  marks_.push_back({text_.size(), trail_.size()});
}

StatusOr<bool> Matcher::AcceptBytes(std::string_view bytes) {
  if (finished_) return false;
  bool allowed = false;
  TALARIA_RETURN_IF_ERROR(Locked([&] {
    if (!Read(bytes, &allowed)) return false;
    if (allowed) MakeRoom(bytes);
    return true;
  }));
  if (allowed) Keep(bytes);
  return allowed;
}

StatusOr<bool> Matcher::AcceptToken(int32_t id) {
  const TokenTable* tokens = automaton_->tokens();
  if (tokens == nullptr) return FailedPrecondition("grammar: expected a token table, found none");
  if (id < 0 || static_cast<size_t>(id) >= tokens->size()) {
    return InvalidArgument("grammar: expected a token below ", tokens->size(), ", found ", id);
  }
  if (!tokens->IsStop(id)) {
    if (tokens->TextOf(id).empty()) return false;
    return AcceptBytes(tokens->TextOf(id));
  }
  TALARIA_ASSIGN_OR_RETURN(const bool complete, IsComplete());
  if (!complete) return false;
  TALARIA_RETURN_IF_ERROR(Locked([&] {
    const absl::Span<const Configuration> now = Now();
    now_.assign(now.begin(), now.end());
    MakeRoom({});
    return true;
  }));
  Keep({});
  finished_ = true;
  return true;
}

Status Matcher::Rollback(size_t count) {
  if (count > steps()) {
    return InvalidArgument("grammar: expected to take back at most ", steps(), " steps, found ", count);
  }
  if (count == 0) return absl::OkStatus();
  marks_.resize(marks_.size() - count);
  text_.resize(marks_.back().text);
  trail_.resize(marks_.back().end);
  finished_ = false;
  return absl::OkStatus();
}

Status Matcher::FillMask(absl::Span<uint32_t> mask) {
  const TokenTable* tokens = automaton_->tokens();
  if (tokens == nullptr) return FailedPrecondition("grammar: expected a token table, found none");
  if (mask.size() < tokens->mask_words()) {
    return InvalidArgument("grammar: expected a mask of ", tokens->mask_words(), " words, found ",
                           mask.size());
  }
  return Locked([&] {
    std::fill(mask.begin(), mask.end(), 0);
    if (finished_) return true;
    automaton_->AddMask(Now(), mask.data());
    if (automaton_->Complete(Now())) {
      for (const int32_t stop : tokens->stops())
        mask[static_cast<size_t>(stop) / 32] |= uint32_t{1} << (stop % 32);
    }
    return automaton_->status().ok();
  });
}

StatusOr<bool> Matcher::IsComplete() {
  if (finished_) return false;
  bool complete = false;
  TALARIA_RETURN_IF_ERROR(Locked([&] {
    complete = automaton_->Complete(Now());
    return automaton_->status().ok();
  }));
  return complete;
}

StatusOr<bool> Matcher::CanContinue() {
  if (finished_) return false;
  bool can = false;
  TALARIA_RETURN_IF_ERROR(Locked([&] {
    can = automaton_->CanContinue(Now());
    return automaton_->status().ok();
  }));
  return can;
}

StatusOr<std::string> Matcher::ForcedBytes(size_t max_bytes) {
  std::string forced;
  if (finished_) return forced;
  TALARIA_RETURN_IF_ERROR(Locked([&] {
    forced.clear();
    const absl::Span<const Configuration> now = Now();
    now_.assign(now.begin(), now.end());
    while (forced.size() < max_bytes) {
      const int byte = automaton_->ForcedByte(now_);
      if (byte < 0) break;
      if (!automaton_->Step(now_, static_cast<uint8_t>(byte), &next_)) return false;
      now_.swap(next_);
      forced.push_back(static_cast<char>(byte));
    }
    return automaton_->status().ok();
  }));
  return forced;
}

StatusOr<uint64_t> Matcher::Hash() {
  uint64_t hash = finished_ ? 1 : 0;
  TALARIA_RETURN_IF_ERROR(Locked([&] {
    hash = (hash << 32) ^ epoch_;
    for (const Configuration& at : Now()) {
      hash = (hash ^ hash >> 29 ^ at.state ^ uint64_t{at.stack} << 32) * 0x9FB21C651E98DF25u;
    }
    hash ^= hash >> 32;
    return true;
  }));
  return hash;
}

std::string Matcher::Save() const {
  std::string saved(kSavedHead);
  AppendText(&saved, finished_ ? "1 " : "0 ");
  AppendText(&saved, steps());
  for (size_t i = 1; i < marks_.size(); ++i) AppendText(&saved, Cat(" ", marks_[i].text));
  AppendText(&saved, "\n");
  saved.append(text_);
  return saved;
}

StatusOr<Matcher> Matcher::Restore(std::shared_ptr<Automaton> automaton, std::string_view saved) {
  const Status wrong = InvalidArgument("grammar: expected a saved matcher, found something else");
  const size_t line = saved.find('\n');
  if (line == std::string_view::npos || saved.substr(0, kSavedHead.size()) != kSavedHead) return wrong;
  const std::string_view text = saved.substr(line + 1);
  std::vector<size_t> numbers;
  bool in_number = false;
  for (const char digit : saved.substr(kSavedHead.size(), line - kSavedHead.size())) {
    if (digit == ' ') {
      if (!in_number) return wrong;
      in_number = false;
      continue;
    }
    if (digit < '0' || digit > '9') return wrong;
    if (!in_number) numbers.push_back(0);
    in_number = true;
    if (numbers.back() > text.size() + saved.size()) return wrong;
    numbers.back() = numbers.back() * 10 + static_cast<size_t>(digit - '0');
  }
  if (numbers.size() < 2 || numbers[0] > 1 || numbers[1] != numbers.size() - 2) return wrong;
  Matcher matcher(std::move(automaton));
  size_t read = 0;
  for (size_t i = 2; i < numbers.size(); ++i) {
    if (numbers[i] < read || numbers[i] > text.size()) return wrong;
    TALARIA_ASSIGN_OR_RETURN(const bool allowed, matcher.AcceptBytes(text.substr(read, numbers[i] - read)));
    if (!allowed) return InvalidArgument("grammar: expected a saved text of this grammar, found another");
    read = numbers[i];
  }
  if (read != text.size()) return wrong;
  if (numbers[0] == 1) {
    TALARIA_ASSIGN_OR_RETURN(const bool complete, matcher.IsComplete());
    if (!complete || numbers.size() < 3) return wrong;
    matcher.finished_ = true;
  }
  return matcher;
}

}  // namespace talaria::grammar
