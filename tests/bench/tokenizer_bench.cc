// Times the tokenizer on one thread, in processor time, at the word of whoever writes to its standard input
// (tokenizer_compare.py):
//   tokenizer_bench TOKENIZER
//   text PATH    reads a text                      -> its bytes
//   encode       encodes it                        -> nanoseconds, ids
//   count        counts its ids without them       -> nanoseconds, ids
//   decode       decodes the ids it encoded to     -> nanoseconds, bytes
//   stream       the same, id by id                -> nanoseconds, bytes
// TOKENIZER is what Tokenizer::Open takes; the first line says how long opening took.
#include <cstdio>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "lib/base/file.h"
#include "lib/base/platform.h"
#include "lib/tokenizer/stream_decoder.h"
#include "lib/tokenizer/tokenizer.h"

namespace {

using talaria::SpecialPolicy;
using talaria::StatusOr;
using talaria::Tokenizer;

int Fail(const talaria::Status& status) {
  std::fprintf(stderr, "%s\n", status.ToString().c_str());
  return 1;
}

void Report(int64_t begin, size_t amount) {
  std::printf("%lld %zu\n", static_cast<long long>(talaria::platform::ProcessCpuNanoseconds() - begin),
              amount);
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: %s TOKENIZER\n", argv[0]);
    return 2;
  }
  int64_t begin = talaria::platform::ProcessCpuNanoseconds();
  const StatusOr<std::shared_ptr<const Tokenizer>> tokenizer = Tokenizer::Open(argv[1]);
  if (!tokenizer.ok()) return Fail(tokenizer.status());
  Report(begin, static_cast<size_t>((*tokenizer)->size()));
  std::string text;
  std::vector<int32_t> ids;
  std::string line;
  while (std::getline(std::cin, line)) {
    if (line.rfind("text ", 0) == 0) {
      StatusOr<std::string> read = talaria::ReadWholeFile(line.substr(5), uint64_t{1} << 30);
      if (!read.ok()) return Fail(read.status());
      text = *std::move(read);
      Report(talaria::platform::ProcessCpuNanoseconds(), text.size());
      continue;
    }
    begin = talaria::platform::ProcessCpuNanoseconds();
    if (line == "encode") {
      // A caller's vector is new: its growth is part of the time.
      std::vector<int32_t> fresh;
      const talaria::Status status = (*tokenizer)->Encode(text, SpecialPolicy::None(), &fresh);
      if (!status.ok()) return Fail(status);
      Report(begin, fresh.size());
      ids.swap(fresh);
    } else if (line == "count") {
      const StatusOr<size_t> count = (*tokenizer)->Count(text, SpecialPolicy::None());
      if (!count.ok()) return Fail(count.status());
      Report(begin, *count);
    } else if (line == "decode") {
      const StatusOr<std::string> decoded = (*tokenizer)->Decode(ids, false);
      if (!decoded.ok()) return Fail(decoded.status());
      Report(begin, decoded->size());
    } else if (line == "stream") {
      talaria::StreamDecoder decoder(*tokenizer, true);
      std::string decoded;
      for (const int32_t id : ids) {
        if (const talaria::Status status = decoder.Push(id, &decoded); !status.ok()) return Fail(status);
      }
      decoder.Flush(&decoded);
      Report(begin, decoded.size());
    } else {
      std::fprintf(stderr, "unknown: %s\n", line.c_str());
      return 2;
    }
  }
  return 0;
}
