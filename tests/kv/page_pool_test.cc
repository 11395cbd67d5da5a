#include "lib/kv/page_pool.h"

#include <doctest/doctest.h>

#include <memory>
#include <random>
#include <set>

#include "lib/kv/page_table.h"

namespace talaria {
namespace {

TEST_CASE("page 0 is never given and every other page is, once") {
  PagePool pool(5);
  std::set<int32_t> given;
  int32_t page = -1;
  while (pool.Take(&page)) given.insert(page);
  CHECK(given == std::set<int32_t>{1, 2, 3, 4});
  CHECK(page == *given.rbegin());
  CHECK(pool.free() == 0);
}

TEST_CASE("a shared page is free after its last user") {
  PagePool pool(2);
  int32_t page = 0;
  REQUIRE(pool.Take(&page));
  pool.Share(page);
  pool.Release(page);
  CHECK(pool.free() == 0);
  pool.Release(page);
  CHECK(pool.free() == 1);
}

TEST_CASE("a table that cannot grow fully takes nothing") {
  PagePool pool(4);
  PageTable table(&pool, 16, 1000);
  CHECK(table.Grow(17));
  CHECK(table.pages().size() == 2);
  CHECK_FALSE(table.Grow(65));
  CHECK(table.pages().size() == 2);
  CHECK(table.Missing(65) == 3);
  CHECK(pool.free() == 1);
  table.Shrink(16);
  CHECK(table.pages().size() == 1);
  CHECK(pool.free() == 2);
}

TEST_CASE("pages are conserved whatever tables do") {
  std::mt19937 random(11);
  PagePool pool(64);
  std::vector<std::unique_ptr<PageTable>> tables;
  for (int i = 0; i < 2000; ++i) {
    const uint32_t action = random() % 4;
    if (action == 0 && tables.size() < 8) {
      tables.push_back(std::make_unique<PageTable>(&pool, 16, 2000));
    } else if (action == 1 && !tables.empty()) {
      tables.erase(tables.begin() + random() % tables.size());
    } else if (!tables.empty()) {
      PageTable& table = *tables[random() % tables.size()];
      if (action == 2) {
        table.Grow(random() % 1000);
      } else {
        table.Shrink(random() % 1000);
      }
    }
    std::set<int32_t> held;
    size_t count = 0;
    for (const auto& table : tables) {
      held.insert(table->pages().begin(), table->pages().end());
      count += table->pages().size();
    }
    CHECK(held.size() == count);
    CHECK(held.count(0) == 0);
    CHECK(static_cast<size_t>(pool.free()) + count == 63);
  }
}

}  // namespace
}  // namespace talaria
