#include "sampling_options.h"

namespace talaria::cli {
namespace {

void PointTo(const std::vector<std::string>& strings, std::vector<const char*>* texts,
             std::vector<uint64_t>* bytes) {
  texts->clear();
  bytes->clear();
  for (const std::string& text : strings) {
    texts->push_back(text.data());
    bytes->push_back(text.size());
  }
}

}  // namespace

void SamplingOptions::AddTo(CLI::App* command) {
  const auto add = [&](uint64_t bit, const char* name, auto* value, const char* what) {
    options_.push_back(command->add_option(name, *value, what)->group("Sampling"));
    bits_.push_back(bit);
  };
  talaria_generate_options& own = chosen_;
  add(TALARIA_SET_TEMPERATURE, "--temperature", &own.temperature, "0: always the likeliest token.");
  add(TALARIA_SET_TOP_K, "--top-k", &own.top_k, "Only so many of the likeliest tokens; 0: all.");
  add(TALARIA_SET_TOP_P, "--top-p", &own.top_p,
      "Only the likeliest tokens that together have this probability.");
  add(TALARIA_SET_MIN_P, "--min-p", &own.min_p,
      "Only tokens with this share of the likeliest one's probability.");
  add(TALARIA_SET_TYPICAL_P, "--typical-p", &own.typical_p,
      "Only the most typical tokens of this probability.");
  add(TALARIA_SET_XTC_PROBABILITY, "--xtc-probability", &own.xtc_probability,
      "How often to exclude top choices.");
  add(TALARIA_SET_XTC_THRESHOLD, "--xtc-threshold", &own.xtc_threshold,
      "Above which probability to exclude them.");
  add(TALARIA_SET_REPETITION_PENALTY, "--repetition-penalty", &own.repetition_penalty,
      "For tokens that are there already; 1: none.");
  add(TALARIA_SET_PRESENCE_PENALTY, "--presence-penalty", &own.presence_penalty, "For generated tokens.");
  add(TALARIA_SET_FREQUENCY_PENALTY, "--frequency-penalty", &own.frequency_penalty,
      "For each time a token was generated.");
  add(TALARIA_SET_PENALTY_WINDOW, "--penalty-window", &own.penalty_window, "Last tokens looked at; -1: all.");
  add(TALARIA_SET_DRY_MULTIPLIER, "--dry-multiplier", &own.dry_multiplier,
      "Against repeating whole passages; 0: off.");
  add(TALARIA_SET_DRY_BASE, "--dry-base", &own.dry_base, "How fast that grows with the length.");
  add(TALARIA_SET_DRY_ALLOWED_LENGTH, "--dry-allowed-length", &own.dry_allowed_length,
      "Tokens that may be repeated.");
  command->add_option("--seed", own.seed, "Of the random numbers.")->group("Sampling");
  command->add_option("--stop", stops_, "A text that ends the answer; may be said again.")->group("Sampling");
  command->add_option("--ban", banned_, "A text that must not appear; may be said again.")->group("Sampling");
}

talaria_generate_options SamplingOptions::Request() const {
  talaria_generate_options request = chosen_;
  for (size_t i = 0; i < options_.size(); ++i) {
    if (options_[i]->count() > 0) request.set |= bits_[i];
  }
  PointTo(stops_, &stop_texts_, &stop_bytes_);
  request.stop_strings = stop_texts_.data();
  request.stop_string_bytes = stop_bytes_.data();
  request.stop_string_count = stop_texts_.size();
  PointTo(banned_, &banned_texts_, &banned_bytes_);
  request.banned_strings = banned_texts_.data();
  request.banned_string_bytes = banned_bytes_.data();
  request.banned_string_count = banned_texts_.size();
  return request;
}

}  // namespace talaria::cli
