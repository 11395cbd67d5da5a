#include "lib/engine/step_builder.h"

#include <algorithm>

namespace talaria {
namespace {

bool Decodes(const Sequence& sequence) { return sequence.generating() && sequence.RunnableRows() == 1; }

}  // namespace

StepBuilder::StepBuilder(const StepLimits& limits, TokenChooser* chooser)
    : limits_(limits), chooser_(chooser) {
  const auto rows = static_cast<size_t>(limits.rows);
  shares_.reserve(static_cast<size_t>(limits.sequences));
  for (auto* column : {&tokens_, &positions_, &sequences_, &adapters_}) column->reserve(rows);
  outputs_.reserve(rows);
  page_offsets_.reserve(static_cast<size_t>(limits.sequences) + 1);
  pages_.reserve(static_cast<size_t>(limits.pages));
  sampled_tokens_.resize(static_cast<size_t>(limits.output_rows));
  sampled_logits_.resize(static_cast<size_t>(limits.output_rows));
  residual_.resize(rows * static_cast<size_t>(limits.hidden_size));
}

void StepBuilder::Drop() {
  for (const StepShare& share : shares_) share.sequence->events().ReleaseReserved();
  shares_.clear();
  for (auto* column : {&tokens_, &positions_, &sequences_, &adapters_, &page_offsets_, &pages_})
    column->clear();
  outputs_.clear();
  outputs_used_ = 0;
  sampled_used_ = 0;
  next_choice_ = 0;
  choice_rows_ = 0;
}

int64_t StepBuilder::RowsThatFit(const Sequence& sequence, int64_t wanted) const {
  const int64_t rows =
      std::min<int64_t>(wanted, limits_.rows - kept_rows_ - static_cast<int64_t>(tokens_.size()));
  int32_t outputs = limits_.output_rows - kept_rows_ - outputs_used_;
  int32_t events = sequence.events().room();
  int32_t logits = sequence.events().logits_room();
  for (int64_t i = 0; i < rows; ++i) {
    const int64_t position = sequence.cached() + i;
    const bool wants_logits = sequence.WantsLogits(position);
    const bool chooses = sequence.ChoosesAt(position);
    if (!wants_logits && !chooses) continue;
    outputs -= 1;
    events -= (wants_logits ? 1 : 0) + (chooses ? 1 : 0);
    logits -= wants_logits ? 1 : 0;
    const bool full =
        chooses && choice_rows_ >= limits_.choices && TokenChooser::IsNeeded(sequence.options());
    if (outputs < 0 || events < 0 || logits < 0 || full) return i;
  }
  return std::max<int64_t>(rows, 0);
}

void StepBuilder::AddRow(Sequence& sequence, int64_t position, StepShare* share) {
  tokens_.push_back(sequence.tokens()[static_cast<size_t>(position)]);
  positions_.push_back(static_cast<int32_t>(position));
  sequences_.push_back(static_cast<int32_t>(page_offsets_.size()) - 1);
  adapters_.push_back(kNoAdapter);
  OutputSpec output;
  const bool chooses = sequence.ChoosesAt(position);
  if (sequence.WantsLogits(position)) {
    output.kind = OutputKind::kLogits;
    output.values = sequence.events().LogitsRow(share->logits_rows++);
  } else if (chooses && TokenChooser::IsNeeded(sequence.options())) {
    output.kind = OutputKind::kLogits;
    output.values = chooser_->LogitsRow(choice_rows_);
  } else if (chooses) {
    output.kind = OutputKind::kSampled;
    share->sampled = sampled_used_++;
    output.tokens = &sampled_tokens_[static_cast<size_t>(share->sampled)];
    output.values = &sampled_logits_[static_cast<size_t>(share->sampled)];
  }
  if (chooses) ++share->choices;
  if (chooses && output.kind == OutputKind::kLogits) {
    share->logits = output.values;
    share->row = choice_rows_++;
  }
  outputs_used_ += output.kind == OutputKind::kNone ? 0 : 1;
  outputs_.push_back(output);
}

void StepBuilder::Offer(const std::shared_ptr<Sequence>& sequence) {
  const bool decodes = Decodes(*sequence);
  const int64_t wanted = sequence->RunnableRows();
  const int64_t rows = RowsThatFit(*sequence, decodes ? wanted : std::min(wanted, prompt_rows_));
  if (rows == 0) return;
  if (!decodes) prompt_rows_ -= rows;
  if (!sequence->GrowPages(sequence->cached() + rows)) {
    sequence->FinishGeneration(FinishReason::kCacheFull);
    ended_ = true;
    return;
  }
  StepShare share;
  share.sequence = sequence;
  share.first_position = sequence->cached();
  share.rows = rows;
  share.generation = sequence->generation();
  share.edits = sequence->edits();
  for (int64_t i = 0; i < rows; ++i) AddRow(*sequence, share.first_position + i, &share);
  sequence->events().Reserve(share.logits_rows + share.choices, share.logits_rows);
  const absl::Span<const int32_t> pages = sequence->pages().pages();
  pages_.insert(pages_.end(), pages.begin(), pages.end());
  page_offsets_.push_back(static_cast<int32_t>(pages_.size()));
  shares_.push_back(std::move(share));
}

bool StepBuilder::HasShare(const Sequence& sequence) const {
  return std::any_of(shares_.begin(), shares_.end(),
                     [&](const StepShare& share) { return share.sequence.get() == &sequence; });
}

int64_t StepBuilder::DecodingCount(const std::vector<std::shared_ptr<Sequence>>& sequences) {
  return std::count_if(sequences.begin(), sequences.end(),
                       [](const std::shared_ptr<Sequence>& sequence) { return Decodes(*sequence); });
}

bool StepBuilder::Build(const std::vector<std::shared_ptr<Sequence>>& sequences, int64_t prompt_rows) {
  Drop();
  ended_ = false;
  prompt_rows_ = prompt_rows;
  page_offsets_.push_back(0);
  const size_t count = sequences.size();
  if (count == 0) return false;
  const auto at = [&](size_t i) -> const std::shared_ptr<Sequence>& {
    return sequences[(turn_ + i) % count];
  };
  // Decoding sequences first, but for one row that stays for a prompt whose turn it is.
  kept_rows_ = at(0)->RunnableRows() > 0 && !Decodes(*at(0)) ? 1 : 0;
  for (size_t i = 0; i < count; ++i) {
    if (Decodes(*at(i))) Offer(at(i));
  }
  kept_rows_ = 0;
  for (size_t i = 0; i < count; ++i) {
    if (!Decodes(*at(i))) Offer(at(i));
  }
  // What the kept row did not serve goes to a decoding sequence that was left out.
  for (size_t i = 0; i < count; ++i) {
    if (Decodes(*at(i)) && !HasShare(*at(i))) Offer(at(i));
  }
  turn_ = (turn_ + 1) % count;
  if (shares_.empty()) return false;
  plan_.tokens = tokens_;
  plan_.positions = positions_;
  plan_.sequences = sequences_;
  plan_.outputs = outputs_;
  plan_.adapters = adapters_;
  plan_.page_offsets = page_offsets_;
  plan_.pages = pages_;
  plan_.residual = absl::MakeSpan(residual_);
  return true;
}

bool StepBuilder::ChooseNext() {
  while (next_choice_ < shares_.size() && shares_[next_choice_].row < 0) ++next_choice_;
  if (next_choice_ == shares_.size()) return false;
  StepShare& share = shares_[next_choice_++];
  const Sequence& sequence = *share.sequence;
  // A generation that was cancelled while the step ran gets no token, nor does one begun since.
  if (sequence.closed() || !sequence.generating() || sequence.generation() != share.generation) return true;
  const StatusOr<int32_t> token = chooser_->Choose(sequence, share.logits, share.row, &share.told);
  if (token.ok()) {
    share.token = *token;
  } else {
    share.refused = token.status();
  }
  return true;
}

void StepBuilder::Deliver(const StepShare& share, size_t first_row, int64_t work_ns) {
  Sequence& sequence = *share.sequence;
  // Its tokens were changed while the step ran: what that computed is of no use, and runs again.
  if (sequence.closed() || sequence.edits() != share.edits) return;
  const bool same = sequence.generating() && sequence.generation() == share.generation;
  sequence.Advance(share.rows, work_ns * share.rows / plan_.rows());
  for (size_t i = first_row; i < first_row + static_cast<size_t>(share.rows); ++i) {
    if (outputs_[i].kind == OutputKind::kLogits && sequence.WantsLogits(positions_[i])) {
      sequence.DeliverLogits(positions_[i]);
    }
  }
  if (same && share.sampled >= 0) {
    sequence.DeliverToken(sampled_tokens_[static_cast<size_t>(share.sampled)], {});
  } else if (same && !share.refused.ok()) {
    sequence.Fail(FinishReason::kNoChoice, share.refused);
  } else if (same && share.token >= 0) {
    sequence.DeliverToken(share.token, share.told);
  }
  if (same) sequence.DeliverForced();
  sequence.HoldBack();
}

void StepBuilder::Commit(int64_t work_ns) {
  size_t row = 0;
  for (const StepShare& share : shares_) {
    Deliver(share, row, work_ns);
    row += static_cast<size_t>(share.rows);
  }
  Drop();
}

}  // namespace talaria
