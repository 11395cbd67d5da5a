// Each instruction set's kernels alone: against sums in double, and against themselves cut otherwise.
#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

#include "backends/cpu/isa/select.h"
#include "backends/cpu/panel_format.h"
#include "lib/tensor/convert.h"

namespace talaria::cpu {
namespace {

Kernels Of(const std::string& isa) {
  const StatusOr<Kernels> kernels = SelectKernels(isa);
  REQUIRE_MESSAGE(kernels.ok(), kernels.status());
  CHECK(kernels->name == isa);
  return *kernels;
}

std::vector<float> Random(int64_t count, uint32_t seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  std::vector<float> out(static_cast<size_t>(count));
  for (float& value : out) value = normal(random);
  return out;
}

const PanelFormat* kFormats[] = {&F32Format(), &F16Format(), &BF16Format()};

// A panel of random weights, and activations as the kernel takes them.
struct Product {
  const PanelFormat& format;
  int64_t rows, k;
  std::vector<float> weights, activations;
  std::vector<std::byte> panel;
  std::vector<uint16_t> rounded;
  bool rounds;

  Product(const Kernels& kernels, const PanelFormat& f, int64_t rows_, int64_t k_)
      : format(f),
        rows(rows_),
        k(k_),
        weights(Random(kPanelColumns * k_, 3)),
        activations(Random(rows_ * k_, 4)),
        panel(f.PanelBytes(k_)),
        rounds(kernels.bf16_activations && f.element() == kElementBF16) {
    format.Pack({DType::kF32, reinterpret_cast<const unsigned char*>(weights.data()), k * 4, kPanelColumns},
                0, k, panel.data());
    for (int64_t lane = 0; lane < kPanelColumns; ++lane)
      format.Unpack(panel.data(), lane, k, weights.data() + lane * k);
    for (const float value : activations) rounded.push_back(FloatToBFloat16(value));
    for (size_t i = 0; rounds && i < rounded.size(); ++i) activations[i] = BFloat16ToFloat(rounded[i]);
  }
  // Rows [row, row + count) over k in [from, to) into c, which is added to unless from is 0.
  void Run(const Kernels& kernels, int64_t row, int64_t count, int64_t from, int64_t to, float* c) const {
    MatmulArgs args;
    const int64_t at = row * k + from;
    args.a = rounds ? static_cast<const void*>(rounded.data() + at) : activations.data() + at;
    args.a_stride = k;
    args.panel = panel.data() + format.OffsetOf(from);
    args.next = row % 2 == 0 ? panel.data() : nullptr;  // no part of the result
    args.rows = count;
    args.k = to - from;
    args.c = c + row * kPanelColumns;
    args.c_stride = kPanelColumns;
    args.first = from == 0;
    kernels.matmul[format.element()](args);
  }
  std::vector<float> All(const Kernels& kernels) const {
    std::vector<float> c(static_cast<size_t>(rows * kPanelColumns), 1e30f);
    Run(kernels, 0, rows, 0, k, c.data());
    return c;
  }
};

TEST_CASE("products are right for any number of rows and any depth") {
  for (const std::string& isa : AvailableIsas()) {
    const Kernels kernels = Of(isa);
    for (const PanelFormat* format : kFormats) {
      for (const int64_t k : {1, 2, 7, 64, 515, 1030}) {
        for (const int64_t rows : {1, 2, 3, 4, 5, 6, 7, 8, 11, 13, 16, 25, 60}) {
          const Product product(kernels, *format, rows, k);
          const std::vector<float> c = product.All(kernels);
          double worst = 0;
          for (int64_t r = 0; r < rows; ++r) {
            for (int64_t j = 0; j < kPanelColumns; ++j) {
              double sum = 0, size = 0;
              for (int64_t i = 0; i < k; ++i) {
                const double term = static_cast<double>(product.activations[static_cast<size_t>(r * k + i)]) *
                                    static_cast<double>(product.weights[static_cast<size_t>(j * k + i)]);
                sum += term;
                size += std::fabs(term);
              }
              const double found = static_cast<double>(c[static_cast<size_t>(r * kPanelColumns + j)]);
              worst = std::max(worst, std::fabs(found - sum) / size);
            }
          }
          CAPTURE(isa);
          CAPTURE(format->name());
          CAPTURE(k);
          CAPTURE(rows);
          // A chain of k roundings at random: some sqrt(k) of them add up.
          CHECK(worst < 1e-7 * (2 + std::sqrt(static_cast<double>(k))));
        }
      }
    }
  }
}

TEST_CASE("a product over no columns is zero") {
  for (const std::string& isa : AvailableIsas()) {
    const Kernels kernels = Of(isa);
    for (const PanelFormat* format : kFormats) {
      for (const int64_t rows : {1, 2, 3, 13, 60}) {
        CAPTURE(isa);
        CAPTURE(format->name());
        const Product product(kernels, *format, rows, 1);
        std::vector<float> c(static_cast<size_t>(rows * kPanelColumns), 1e30f);
        product.Run(kernels, 0, rows, 0, 0, c.data());
        CHECK(c == std::vector<float>(c.size(), 0.0f));
      }
    }
  }
}

TEST_CASE("a product's bits do not depend on the rows beside it or on where K was cut") {
  for (const std::string& isa : AvailableIsas()) {
    const Kernels kernels = Of(isa);
    for (const PanelFormat* format : kFormats) {
      CAPTURE(isa);
      CAPTURE(format->name());
      const int64_t k = 5 * kColumnStep + 131;
      const Product product(kernels, *format, 60, k);
      const std::vector<float> expected = product.All(kernels);
      for (const int64_t rows : {1, 2, 3, 4, 5, 6, 7, 8, 12, 13, 16, 24, 31}) {
        CAPTURE(rows);
        std::vector<float> c(expected.size());
        for (int64_t row = 0; row < 60; row += rows) {
          product.Run(kernels, row, std::min(rows, 60 - row), 0, k, c.data());
        }
        CHECK(c == expected);
      }
      for (const int64_t step : {kColumnStep, 2 * kColumnStep, 3 * kColumnStep}) {
        for (const int64_t rows : {1, 2, 60}) {
          std::vector<float> c(expected.size());
          for (int64_t row = 0; row < 60; row += rows) {
            for (int64_t at = 0; at < k; at += step)
              product.Run(kernels, row, rows, at, std::min(k, at + step), c.data());
          }
          CHECK(c == expected);
        }
      }
    }
  }
}

TEST_CASE("the cheap SwiGLU is silu to a few units in the last place, at any size and in any lane") {
  std::vector<float> gate;
  for (float value = -120; value < 120; value += 0.0137f) gate.push_back(value);
  for (float value = 1e-30f; value < 1; value *= 1.7f) gate.push_back(value);
  for (const float value : {0.0f, -0.0f, 3e38f, -3e38f, 1e-45f}) gate.push_back(value);
  const std::vector<float> up = Random(static_cast<int64_t>(gate.size()), 5);
  for (const std::string& isa : AvailableIsas()) {
    CAPTURE(isa);
    const Kernels kernels = Of(isa);
    std::vector<float> all(gate.size());
    kernels.gated_silu(gate.data(), up.data(), static_cast<int64_t>(gate.size()), all.data());
    double worst = 0;
    for (size_t i = 0; i < gate.size(); ++i) {
      const double x = static_cast<double>(gate[i]);
      const double expected = x / (1 + std::exp(-x)) * static_cast<double>(up[i]);
      // Far on the negative side the exponential is cut off: what is left is below 1e-34.
      const double unit = std::max(std::fabs(expected) * 6e-8, 1e-34);
      worst = std::max(worst, std::fabs(static_cast<double>(all[i]) - expected) / unit);
      float alone;
      kernels.gated_silu(&gate[i], &up[i], 1, &alone);
      CHECK_MESSAGE(std::memcmp(&alone, &all[i], sizeof(alone)) == 0, gate[i]);
    }
    CHECK(worst < 8);
    const float nan = std::numeric_limits<float>::quiet_NaN(), infinity = HUGE_VALF, one = 1;
    float out;
    kernels.gated_silu(&nan, &one, 1, &out);
    CHECK(std::isnan(out));
    kernels.gated_silu(&infinity, &one, 1, &out);
    CHECK(out == infinity);
  }
}

TEST_CASE("narrowing gives the bits of lib/tensor for every exponent, ties and what is no number") {
  std::vector<float> values;
  for (uint64_t bits = 0; bits < (uint64_t{1} << 32); bits += 0x61C9) {
    const auto word = static_cast<uint32_t>(bits);
    float value;
    std::memcpy(&value, &word, sizeof(value));
    values.push_back(value);
  }
  for (uint32_t half = 0; half < 0x10000; ++half) {
    const float value = HalfToFloat(static_cast<uint16_t>(half));
    values.push_back(value);
    values.push_back(std::nextafter(value, 1e30f));
    values.push_back((value + HalfToFloat(static_cast<uint16_t>(half + 1))) / 2);
  }
  for (const std::string& isa : AvailableIsas()) {
    CAPTURE(isa);
    const Kernels kernels = Of(isa);
    std::vector<uint16_t> half(values.size()), brain(values.size());
    kernels.narrow[kElementF16](values.data(), static_cast<int64_t>(values.size()), half.data());
    kernels.narrow[kElementBF16](values.data(), static_cast<int64_t>(values.size()), brain.data());
    size_t wrong = 0;
    for (size_t i = 0; i < values.size(); ++i) {
      if (std::isnan(values[i])) {
        wrong += std::isnan(HalfToFloat(half[i])) && std::isnan(BFloat16ToFloat(brain[i])) ? 0 : 1;
      } else {
        wrong += half[i] == FloatToHalf(values[i]) && brain[i] == FloatToBFloat16(values[i]) ? 0 : 1;
      }
    }
    CHECK(wrong == 0);
    std::vector<float> copy(values.size());
    kernels.narrow[kElementF32](values.data(), static_cast<int64_t>(values.size()), copy.data());
    CHECK(std::memcmp(copy.data(), values.data(), values.size() * sizeof(float)) == 0);
  }
}

// A block of keys and values of one element type, with queries.
struct Block {
  int64_t dim, count, padded;
  std::vector<float> queries, keys, values;  // [count, dim], [64, dim], [64, dim]
  std::vector<std::byte> packed_keys, packed_values;

  Block(const Kernels& kernels, Element element, int64_t dim_, int64_t count_, uint32_t seed)
      : dim(dim_),
        count(count_),
        padded((dim_ + kValueUnit - 1) / kValueUnit * kValueUnit),
        queries(Random(count_ * dim_, 9)),
        keys(Random(kBlockPositions * dim_, seed)),
        values(Random(kBlockPositions * dim_, seed + 1)) {
    const size_t bytes = element == kElementF32 ? 4 : 2;
    packed_keys.resize(static_cast<size_t>(kBlockPositions * dim) * bytes);
    packed_values.resize(static_cast<size_t>(kBlockPositions * padded) * bytes, std::byte{0xFF});
    for (int64_t p = 0; p < kBlockPositions; ++p) {
      for (int64_t i = 0; i < dim; ++i) {
        Put(kernels, element, &keys[static_cast<size_t>(p * dim + i)], packed_keys, i * kBlockPositions + p);
        Put(kernels, element, &values[static_cast<size_t>(p * dim + i)], packed_values, p * padded + i);
      }
    }
  }
  static void Put(const Kernels& kernels, Element element, float* value, std::vector<std::byte>& to,
                  int64_t at) {
    uint16_t narrow = 0;
    if (element == kElementF32) {
      std::memcpy(to.data() + at * 4, value, 4);
    } else {
      kernels.narrow[element](value, 1, &narrow);
      std::memcpy(to.data() + at * 2, &narrow, 2);
      *value = element == kElementF16 ? HalfToFloat(narrow) : BFloat16ToFloat(narrow);
    }
  }
};

// The state of some queries' softmax.
struct State {
  std::vector<float> largest, total, sums;
  State(int64_t count, int64_t padded)
      : largest(static_cast<size_t>(count), -HUGE_VALF),
        total(static_cast<size_t>(count)),
        sums(static_cast<size_t>(count * padded)) {}
  void Add(const Kernels& kernels, Element element, const Block& block, int64_t first, int64_t count,
           const std::vector<int32_t>& seen) {
    std::vector<float> scratch(static_cast<size_t>(count * kBlockPositions));
    AttendArgs args;
    args.queries = block.queries.data() + first * block.dim;
    args.count = count;
    args.head_dim = block.dim;
    args.keys = block.packed_keys.data();
    args.values = block.packed_values.data();
    args.value_dim = block.padded;
    args.seen = seen.data() + first;
    args.scale = 0.7f;
    args.largest = largest.data() + first;
    args.total = total.data() + first;
    args.sums = sums.data() + first * block.padded;
    args.scratch = scratch.data();
    kernels.attend[element](args);
  }
};

TEST_CASE("attention over two blocks is softmax, and its bits do not depend on the queries beside it") {
  for (const std::string& isa : AvailableIsas()) {
    const Kernels kernels = Of(isa);
    for (const Element element : {kElementF32, kElementF16, kElementBF16}) {
      for (const int64_t dim : {2, 20, 64, 128}) {
        CAPTURE(isa);
        CAPTURE(element);
        CAPTURE(dim);
        constexpr int64_t kCount = 33;
        const Block first(kernels, element, dim, kCount, 20), second(kernels, element, dim, kCount, 30);
        std::vector<int32_t> whole(kCount, 64), seen;
        for (int32_t q = 0; q < kCount; ++q) seen.push_back(1 + q / 3 * 5);
        State all(kCount, first.padded);
        all.Add(kernels, element, first, 0, kCount, whole);
        all.Add(kernels, element, second, 0, kCount, seen);
        State apart(kCount, first.padded);
        for (const int64_t count : {1, 2, 3, 5, 7, 15}) {
          int64_t q = count * (count - 1) / 2 % kCount;
          q = count == 1 ? 0 : count == 2 ? 1 : count == 3 ? 3 : count == 5 ? 6 : count == 7 ? 11 : 18;
          apart.Add(kernels, element, first, q, count, whole);
          apart.Add(kernels, element, second, q, count, seen);
        }
        CHECK(apart.largest == all.largest);
        CHECK(apart.total == all.total);
        double worst = 0;
        size_t differing = 0;
        for (int64_t q = 0; q < kCount; ++q) {
          std::vector<double> scores;
          for (const Block* block : {&first, &second}) {
            const int64_t positions = block == &first ? 64 : seen[static_cast<size_t>(q)];
            for (int64_t p = 0; p < positions; ++p) {
              double score = 0;
              for (int64_t i = 0; i < dim; ++i) {
                score += static_cast<double>(block->queries[static_cast<size_t>(q * dim + i)]) *
                         static_cast<double>(block->keys[static_cast<size_t>(p * dim + i)]);
              }
              scores.push_back(score * static_cast<double>(0.7f));
            }
          }
          double largest = scores[0], total = 0;
          for (const double score : scores) largest = std::max(largest, score);
          for (const double score : scores) total += std::exp(score - largest);
          for (int64_t i = 0; i < dim; ++i) {
            double expected = 0;
            for (size_t p = 0; p < scores.size(); ++p) {
              const Block& block = p < 64 ? first : second;
              expected += std::exp(scores[p] - largest) / total *
                          static_cast<double>(
                              block.values[p % 64 * static_cast<size_t>(dim) + static_cast<size_t>(i)]);
            }
            const auto at = static_cast<size_t>(q * first.padded + i);
            const double found = static_cast<double>(all.sums[at] / all.total[static_cast<size_t>(q)]);
            worst = std::max(worst, std::fabs(found - expected));
            differing += std::memcmp(&all.sums[at], &apart.sums[at], sizeof(float)) != 0 ? 1 : 0;
          }
        }
        CHECK(differing == 0);
        CHECK(worst < 2e-5);
      }
    }
  }
}

TEST_CASE("an instruction set that is not there is refused, naming those that are") {
  const Status status = SelectKernels("sse9").status();
  CHECK(status.code() == StatusCode::kUnimplemented);
  CHECK(status.message().find("generic") != absl::string_view::npos);
  CHECK(SelectKernels("")->name == AvailableIsas().back());
}

}  // namespace
}  // namespace talaria::cpu
