#include "lib/engine/step_builder.h"

#include <algorithm>

namespace talaria {

StepBuilder::StepBuilder(const StepLimits& limits) : limits_(limits) {
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
  for (const StepShare& share : shares_) share.sequence->events().Reserve(0);
  shares_.clear();
  for (auto* column : {&tokens_, &positions_, &sequences_, &adapters_, &page_offsets_, &pages_}) column->clear();
  outputs_.clear();
  outputs_used_ = 0;
  sampled_used_ = 0;
}

int64_t StepBuilder::RowsThatFit(const Sequence& sequence, int64_t wanted) const {
  int64_t rows = std::min<int64_t>(wanted, limits_.rows - static_cast<int64_t>(tokens_.size()));
  int32_t outputs = limits_.output_rows - outputs_used_;
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
    if (outputs < 0 || events < 0 || logits < 0) return i;
  }
  return rows;
}

void StepBuilder::AddRow(Sequence& sequence, int64_t position, StepShare* share) {
  tokens_.push_back(sequence.tokens()[static_cast<size_t>(position)]);
  positions_.push_back(static_cast<int32_t>(position));
  sequences_.push_back(static_cast<int32_t>(page_offsets_.size()) - 1);
  adapters_.push_back(kNoAdapter);
  OutputSpec output;
  if (sequence.WantsLogits(position)) {
    int32_t ahead = 0;
    for (int64_t p = share->first_position; p < position; ++p) ahead += sequence.WantsLogits(p) ? 1 : 0;
    output.kind = OutputKind::kLogits;
    output.values = sequence.events().LogitsRow(ahead);
    share->chooses_from_logits = sequence.ChoosesAt(position);
  } else if (sequence.ChoosesAt(position)) {
    output.kind = OutputKind::kSampled;
    share->sampled = sampled_used_++;
    output.tokens = &sampled_tokens_[static_cast<size_t>(share->sampled)];
    output.values = &sampled_logits_[static_cast<size_t>(share->sampled)];
  }
  share->events += (sequence.WantsLogits(position) ? 1 : 0) + (sequence.ChoosesAt(position) ? 1 : 0);
  outputs_used_ += output.kind == OutputKind::kNone ? 0 : 1;
  outputs_.push_back(output);
}

void StepBuilder::Offer(const std::shared_ptr<Sequence>& sequence) {
  const int64_t rows = RowsThatFit(*sequence, sequence->RunnableRows());
  if (rows == 0) return;
  if (!sequence->GrowPages(sequence->cached() + rows)) {
    sequence->FinishGeneration(FinishReason::kCacheFull);
    return;
  }
  StepShare share;
  share.sequence = sequence;
  share.first_position = sequence->cached();
  share.rows = rows;
  share.generation = sequence->generation();
  for (int64_t i = 0; i < rows; ++i) AddRow(*sequence, share.first_position + i, &share);
  sequence->events().Reserve(share.events);
  const absl::Span<const int32_t> pages = sequence->pages().pages();
  pages_.insert(pages_.end(), pages.begin(), pages.end());
  page_offsets_.push_back(static_cast<int32_t>(pages_.size()));
  shares_.push_back(std::move(share));
}

bool StepBuilder::Build(const std::vector<std::shared_ptr<Sequence>>& sequences) {
  Drop();
  page_offsets_.push_back(0);
  const size_t count = sequences.size();
  for (const bool decoding : {true, false}) {
    for (size_t i = 0; i < count; ++i) {
      const std::shared_ptr<Sequence>& sequence = sequences[(turn_ + i) % count];
      const int64_t rows = sequence->RunnableRows();
      if (rows > 0 && (rows == 1 && sequence->generating()) == decoding) Offer(sequence);
    }
  }
  if (count > 0) turn_ = (turn_ + 1) % count;
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

void StepBuilder::Commit() {
  size_t row = 0;
  for (const StepShare& share : shares_) {
    Sequence& sequence = *share.sequence;
    const size_t first_row = row;
    row += static_cast<size_t>(share.rows);
    if (sequence.closed()) continue;
    sequence.Advance(share.rows);
    for (size_t i = first_row; i < row; ++i) {
      if (outputs_[i].kind == OutputKind::kLogits) sequence.DeliverLogits(positions_[i]);
    }
    // A generation that was cancelled while the step ran gets no token, nor does one begun since.
    const bool same = sequence.generating() && sequence.generation() == share.generation;
    if (same && share.sampled >= 0) sequence.DeliverToken(sampled_tokens_[static_cast<size_t>(share.sampled)]);
    if (same && share.chooses_from_logits) {
      const float* logits = outputs_[row - 1].values;
      const auto vocabulary = sequence.events().vocabulary();
      sequence.DeliverToken(static_cast<int32_t>(std::max_element(logits, logits + vocabulary) - logits));
    }
    sequence.HoldBack();
  }
  Drop();
}

}  // namespace talaria
