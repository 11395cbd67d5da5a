#include "lib/checkpoint/safetensors.h"

#include <doctest/doctest.h>

#include <random>

#include "tests/checkpoint/damage.h"

namespace talaria::test {
namespace {

StatusOr<SafetensorsHeader> Parsed(std::string_view header, uint64_t data_bytes) {
  return ParseSafetensorsHeader(header, 8 + header.size() + data_bytes);
}

// What ParseSafetensorsHeader guarantees.
void CheckCovers(const SafetensorsHeader& header, uint64_t begin, uint64_t end) {
  for (const TensorInfo& tensor : header.tensors) {
    CHECK(tensor.offset == begin);
    uint64_t elements = 1;
    for (const int64_t size : tensor.shape) elements *= static_cast<uint64_t>(size);
    CHECK(elements * static_cast<uint64_t>(BitsOf(tensor.dtype)) == tensor.bytes * 8);
    begin += tensor.bytes;
  }
  CHECK(begin == end);
}

TEST_CASE("tensors come in the order of their data with absolute offsets, metadata in the file's") {
  const std::string header =
      R"({"b":{"data_offsets":[12,20],"shape":[2,1,2],"dtype":"BF16","more":[]},"__metadata__":{"z":"1","a":""},
"empty":{"dtype":"F64","shape":[7,0,3],"data_offsets":[12,12]},
"\u0061":{"dtype":"U8","shape":[12],"data_offsets":[0,12]},"s":{"dtype":"F32","shape":[],"data_offsets":[20,24]}}   )";
  const StatusOr<SafetensorsHeader> parsed = Parsed(header, 24);
  REQUIRE_MESSAGE(parsed.ok(), Message(parsed.status()));
  const std::vector<TensorInfo>& tensors = parsed->tensors;
  REQUIRE(tensors.size() == 4);
  CHECK(tensors[0].name == "a");
  CHECK(tensors[0].offset == 8 + header.size());
  CHECK(tensors[1].name == "empty");
  CHECK(tensors[1].bytes == 0);
  CHECK(tensors[2].name == "b");
  CHECK(tensors[2].shape == std::vector<int64_t>{2, 1, 2});
  CHECK(tensors[2].dtype == DType::kBF16);
  CHECK(tensors[3].name == "s");
  CHECK(tensors[3].bytes == 4);
  CheckCovers(*parsed, 8 + header.size(), 8 + header.size() + 24);
  const std::vector<std::pair<std::string, std::string>> metadata = {{"z", "1"}, {"a", ""}};
  CHECK(parsed->metadata == metadata);
}

TEST_CASE("every element type of the format is read, those below a byte too") {
  for (const auto& entry : std::vector<std::pair<std::string, int>>{
           {"BOOL", 8},    {"F4", 4},      {"F6_E2M3", 6}, {"F6_E3M2", 6},     {"F8_E8M0", 8},
           {"F8_E4M3", 8}, {"F8_E5M2", 8}, {"U8", 8},      {"I8", 8},          {"I16", 16},
           {"U16", 16},    {"F16", 16},    {"BF16", 16},   {"I32", 32},        {"U32", 32},
           {"F32", 32},    {"C64", 64},    {"F64", 64},    {"F8_E4M3FNUZ", 8}, {"F8_E5M2FNUZ", 8},
           {"I64", 64},    {"U64", 64}}) {
    const std::string dtype = entry.first;
    const int bytes = entry.second;
    CAPTURE(dtype);
    const std::string header =
        Cat("{\"t\":{\"dtype\":\"", dtype, "\",\"shape\":[2,4],\"data_offsets\":[0,", bytes, "]}}");
    CHECK(Parsed(header, static_cast<uint64_t>(bytes)).ok());
    CHECK_FALSE(Parsed(header, static_cast<uint64_t>(bytes) + 1).ok());
  }
}

TEST_CASE("an empty header, null metadata and a huge shape that holds nothing are good") {
  CHECK(Parsed("{}", 0).ok());
  CHECK(Parsed(R"({"__metadata__":null})", 0).ok());
  CHECK(Parsed(R"({"__metadata__":{}})", 0).ok());
  CHECK(Parsed(R"({"t":{"dtype":"F32","shape":[0,9223372036854775807],"data_offsets":[0,0]}})", 0).ok());
  CHECK_FALSE(
      Parsed(R"({"t":{"dtype":"F32","shape":[0,9223372036854775808],"data_offsets":[0,0]}})", 0).ok());
}

TEST_CASE("more dimensions or a longer name than any checkpoint has are refused") {
  const auto header = [](size_t name_bytes, size_t dimensions) {
    std::string text = "{\"" + std::string(name_bytes, 'n') + "\":{\"dtype\":\"U8\",\"shape\":[1";
    for (size_t i = 1; i < dimensions; ++i) text += ",1";
    return text + "],\"data_offsets\":[0,1]}}";
  };
  CHECK(Parsed(header(4096, 64), 1).ok());
  const Status dimensions = Parsed(header(1, 65), 1).status();
  CHECK(dimensions.code() == StatusCode::kInvalidArgument);
  CHECK(Message(dimensions).find("at most 64 dimensions, found 65") != std::string_view::npos);
  const Status name = Parsed(header(4097, 1), 1).status();
  CHECK(name.code() == StatusCode::kInvalidArgument);
  CHECK(Message(name).find("at most 4096 bytes, found 4097") != std::string_view::npos);
  CHECK(Message(name).size() < 300);
}

TEST_CASE("a shard cut at any byte is said to be truncated") {
  const std::string shard = GoodFiles().at(kShard1);
  for (size_t bytes = 0; bytes < shard.size(); ++bytes) {
    const std::string_view cut = std::string_view(shard).substr(0, bytes);
    const StatusOr<uint64_t> header_bytes = SafetensorsHeaderBytes(cut.substr(0, 8), cut.size());
    const Status status = header_bytes.ok()
                              ? ParseSafetensorsHeader(cut.substr(8, *header_bytes), cut.size()).status()
                              : header_bytes.status();
    REQUIRE(status.code() == StatusCode::kDataLoss);
  }
}

TEST_CASE("a header with any few bytes changed is refused, or keeps what the parser promises") {
  const std::string shard = GoodFiles().at(kShard1);
  const std::string header = shard.substr(8, *SafetensorsHeaderBytes(shard.substr(0, 8), shard.size()));
  std::mt19937 random(11);
  int accepted = 0;
  for (int round = 0; round < 20000; ++round) {
    std::string changed = header;
    for (uint32_t i = random() % 3; i < 3; ++i) {
      static constexpr char kBytes[] = "0123456789,:[]{}\"- eE.BF\\un";
      changed[random() % changed.size()] = kBytes[random() % (sizeof(kBytes) - 1)];
    }
    const StatusOr<SafetensorsHeader> parsed = ParseSafetensorsHeader(changed, shard.size());
    if (!parsed.ok()) continue;
    ++accepted;
    CheckCovers(*parsed, 8 + changed.size(), shard.size());
  }
  CHECK(accepted > 100);
}

TEST_CASE("a file is opened and read where its header says, and its errors name it") {
  const TemporaryFolder folder;
  WriteFiles(GoodFiles(), folder.path());
  const StatusOr<SafetensorsFile> file = SafetensorsFile::Open(folder.Path(kShard1));
  REQUIRE(file.ok());
  CHECK(file->tensors().size() == 13);
  CHECK(file->tensors()[12].shard == 0);
  CHECK(file->metadata().size() == 1);
  CHECK(file->file().path() == folder.Path(kShard1));
  CheckRefused(SafetensorsFile::Open(folder.Path("gone")).status(), StatusCode::kNotFound, "gone",
               "no such file");
  CheckRefused(SafetensorsFile::Open(folder.path()).status(), StatusCode::kInvalidArgument, folder.path(),
               "a folder");
}

TEST_CASE("long shapes are cut in messages") {
  CHECK(ShapeText({}) == "[]");
  CHECK(ShapeText({384, 256}) == "[384, 256]");
  CHECK(ShapeText(std::vector<int64_t>(10000, 1)) == "[1, 1, 1, 1, 1, 1, 1, 1, ... 10000 dimensions]");
}

}  // namespace
}  // namespace talaria::test
