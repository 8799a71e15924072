// Taking an idle connection and giving it back must not allocate: it happens twice a transaction, under the pool's
// lock.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "proxy/pool_bench.hpp"

namespace {

std::atomic<std::size_t> allocations{0};

}  // namespace

// Not inlined: the compiler must not see which library function is behind one of them and not the other.
[[gnu::noinline]] void* operator new(std::size_t size) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace lockkeeper::proxy::pool {
namespace {

TEST(ProxyPoolAllocations, TakingAndGivingBackHasNone) {
  Bench bench;
  const PoolId pool = bench.add(4);
  bench.release(bench.take(pool, 1));
  const std::size_t before = allocations.load();
  for (std::uint64_t client = 0; client < 1000; ++client) {
    bench.acquire(pool, client, client % 2);
    bench.release(bench.actions.gives[0].server);
  }
  EXPECT_EQ(allocations.load(), before);
}

TEST(ProxyPoolAllocations, WaitingHasNoneOnceItHasHappened) {
  Bench bench;
  const PoolId pool = bench.add(1);
  ServerId server = bench.take(pool, 1);
  const auto round = [&] {
    for (std::uint64_t client = 0; client < 10; ++client) bench.acquire(pool, client);
    for (std::uint64_t client = 0; client < 10; ++client) bench.release(server);
  };
  round();
  const std::size_t before = allocations.load();
  for (int rounds = 0; rounds < 100; ++rounds) round();
  EXPECT_EQ(allocations.load(), before);
}

}  // namespace
}  // namespace lockkeeper::proxy::pool
