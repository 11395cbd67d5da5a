// The entry of every doctest binary; counts the tests that ran and those that were skipped (tests/skip.h).
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <cstdio>

#include "tests/skip.h"

namespace {

int tests_started = 0;
int tests_skipped = 0;
const char* test_name = "";

struct Counter : doctest::IReporter {
  explicit Counter(const doctest::ContextOptions& /*options*/) {}
  void report_query(const doctest::QueryData& /*query*/) override {}
  void test_run_start() override {}
  void test_run_end(const doctest::TestRunStats& /*stats*/) override {}
  void test_case_start(const doctest::TestCaseData& test) override {
    ++tests_started;
    test_name = test.m_name;
  }
  void test_case_reenter(const doctest::TestCaseData& /*test*/) override {}
  void test_case_end(const doctest::CurrentTestCaseStats& /*stats*/) override {}
  void test_case_exception(const doctest::TestCaseException& /*error*/) override {}
  void subcase_start(const doctest::SubcaseSignature& /*subcase*/) override {}
  void subcase_end() override {}
  void log_assert(const doctest::AssertData& /*data*/) override {}
  void log_message(const doctest::MessageData& /*data*/) override {}
  void test_case_skipped(const doctest::TestCaseData& /*test*/) override {}
};

}  // namespace

REGISTER_LISTENER("counter", 1, Counter);

namespace talaria::test {

void Skip(std::string_view reason) {
  ++tests_skipped;
  std::printf("SKIPPED %s: %.*s\n", test_name, static_cast<int>(reason.size()), reason.data());
}

}  // namespace talaria::test

int main(int argc, char** argv) {
  doctest::Context context(argc, argv);
  const int result = context.run();
  if (context.shouldExit() || result != 0) return result;
  if (tests_skipped > 0) std::printf("%d of %d tests skipped\n", tests_skipped, tests_started);
  return tests_skipped > 0 && tests_skipped == tests_started ? 77 : 0;
}
