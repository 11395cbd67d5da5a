#include "lib/tensor/dtype.h"

#include <doctest/doctest.h>

#include <string_view>
#include <utility>

namespace talaria {
namespace {

// Names and sizes as the safetensors format lists them.
constexpr std::pair<std::string_view, int> kBits[] = {
    {"BOOL", 8},        {"F4", 4},      {"F6_E2M3", 6}, {"F6_E3M2", 6}, {"U8", 8},   {"I8", 8},
    {"F8_E5M2", 8},     {"F8_E4M3", 8}, {"F8_E8M0", 8}, {"I16", 16},    {"U16", 16}, {"F8_E4M3FNUZ", 8},
    {"F8_E5M2FNUZ", 8}, {"F16", 16},    {"BF16", 16},   {"I32", 32},    {"U32", 32}, {"F32", 32},
    {"C64", 64},        {"F64", 64},    {"I64", 64},    {"U64", 64}};

TEST_CASE("each type of the format is found by its name and has its size") {
  for (const auto& entry : kBits) {
    const std::string_view name = entry.first;
    CAPTURE(name);
    const std::optional<DType> dtype = DTypeByName(name);
    REQUIRE(dtype.has_value());
    CHECK(NameOf(*dtype) == name);
    CHECK(BitsOf(*dtype) == entry.second);
    CHECK(IsWeightType(*dtype) == (name == "F32" || name == "F16" || name == "BF16"));
  }
}

TEST_CASE("a name in another spelling is no type") {
  for (const std::string_view name : {"", "f32", "F32 ", "float32", "C128", "F8_E4M3FN"}) {
    CHECK_FALSE(DTypeByName(name).has_value());
  }
}

}  // namespace
}  // namespace talaria
