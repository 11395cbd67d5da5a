// A small model with random weights, run through the seam on any backend in many ways.
#ifndef TALARIA_TESTS_BACKENDS_CPU_MADE_MODEL_H_
#define TALARIA_TESTS_BACKENDS_CPU_MADE_MODEL_H_

#include <memory>
#include <random>
#include <string>
#include <vector>

#include "lib/backend/backend.h"
#include "lib/backend/registry.h"
#include "lib/base/thread_pool.h"

namespace talaria::test {

// Random numbers with a seed, as a type of a file has them.
class MadeSource : public WeightSource {
 public:
  MadeSource(std::string name, int64_t rows, int64_t columns, float scale, uint32_t seed, DType dtype);
  const std::string& name() const override { return name_; }
  int64_t rows() const override { return rows_; }
  int64_t columns() const override { return columns_; }
  DType dtype() const override { return dtype_; }
  Status Read(int64_t first_row, int64_t rows, void* destination) const override;

  bool fail = false;
  std::vector<float> values;  // as the type holds them

 private:
  const std::string name_;
  const int64_t rows_, columns_;
  const DType dtype_;
};

struct ModelShape {
  int64_t hidden = 72;
  int64_t intermediate = 100;
  int64_t heads = 4;
  int64_t kv_heads = 2;
  int64_t head_dim = 20;
  int64_t vocabulary = 151;
  int64_t layers = 2;
  DType dtype = DType::kF32;
  float final_scale = 1;  // of the last norm's weights, and so of the logits
};

// The sources of a model, the same for the same shape.
struct MadeModel {
  explicit MadeModel(const ModelShape& shape);
  struct Layer {
    std::unique_ptr<MadeSource> input_norm, query, key, value, output, post_norm, gate, up, down;
  };
  ModelShape shape;
  std::unique_ptr<MadeSource> embedding, final_norm;
  std::vector<Layer> layers;
  AttentionSpec attention;
};

// How a model is run. Results depend on backend, isa, format, cache and leaves alone.
struct Way {
  bool reference = false;
  std::string isa;
  WeightFormat format = WeightFormat::kSource;
  DType cache = DType::kF32;
  int32_t leaves = 1;

  int threads = 1;  // 0: a backend without a pool
  int32_t ranks = 1;
  int32_t page_size = 64;
  int64_t chunk = 1 << 20;
  int company = 0;             // other sequences whose rows share each step
  bool suspended = false;      // at every tile
  bool flush_to_zero = false;  // set by the host
};

struct Outcome {
  std::vector<float> logits;  // [tokens, vocabulary]
  int64_t runs = 0;           // calls of Run
};

// Logits at every position of *tokens*.
StatusOr<Outcome> Run(const MadeModel& model, const std::vector<int32_t>& tokens, const Way& way);

std::vector<int32_t> MadeTokens(int64_t count, int64_t vocabulary);
// The largest difference, over the largest magnitude in *expected*; huge where they differ in size or hold a
// NaN.
double RelativeDifference(const std::vector<float>& found, const std::vector<float>& expected);

}  // namespace talaria::test

#endif  // TALARIA_TESTS_BACKENDS_CPU_MADE_MODEL_H_
