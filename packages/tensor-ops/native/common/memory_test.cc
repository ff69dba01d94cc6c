#include "common/memory.h"

#include <atomic>
#include <cstdint>
#include <limits>
#include <stdexcept>

#include "common/team.h"
#include "common/test.h"
#include "common/thread_executor.h"
#include "common/workspace.h"

namespace {

using namespace icconv;

template <typename Work>
size_t bytes_refused(Work work) {
    try {
        work();
    } catch (const OutOfMemory& error) {
        return error.bytes();
    }
    return 0;
}

void check_failing_tasks(Executor& executor) {
    for (int failing : {0, 3, 17}) {
        std::atomic<int> begun{0};
        bool thrown = false;
        try {
            executor.run(18, [&](int i) {
                ++begun;
                if (i == failing) throw OutOfMemory(static_cast<size_t>(1000 + i));
            });
        } catch (const OutOfMemory& error) {
            thrown = error.bytes() == static_cast<size_t>(1000 + failing);
        }
        EXPECT(thrown);
        EXPECT(begun >= 1 && begun <= 18);
    }
    bool other = false;
    try {
        executor.run(40, [](int) { throw std::runtime_error("all of them"); });
    } catch (const std::runtime_error&) {
        other = true;
    }
    EXPECT(other);
    // As good as new.
    std::atomic<int> sum{0};
    executor.run(100, [&](int i) { sum += i; });
    EXPECT(sum == 4950);
}

}  // namespace

TEST(memory_says_what_was_asked_for) {
    EXPECT(bytes_refused([] { allocate(machine_memory() + 1); }) == machine_memory() + 1);
    EXPECT(bytes_refused([] { allocate(std::numeric_limits<size_t>::max()); }) == std::numeric_limits<size_t>::max());
    EXPECT(bytes_refused([] { Array<double>(machine_memory() / 4); }) == machine_memory() / 4 * sizeof(double));
    EXPECT(bytes_refused([] { Workspace().get(machine_memory() + 4096); }) == machine_memory() + 4096);
    EXPECT(bytes_refused([] { allocate(0); }) == 0);
    EXPECT(reinterpret_cast<uintptr_t>(allocate(5).get()) % 4096 == 0);
    const Array<int> numbers = {1, 2, 3};
    EXPECT(Array<int>(numbers) == numbers);
}

TEST(memory_may_end_in_any_task_on_any_thread) {
    SerialExecutor serial;
    check_failing_tasks(serial);
    ThreadExecutor threads(3);
    check_failing_tasks(threads);
    std::vector<std::thread> helpers;
    {
        Team team(3, [&](std::function<void()> help) { helpers.emplace_back(std::move(help)); });
        check_failing_tasks(team);
    }
    for (std::thread& helper : helpers) helper.join();
}

TEST(memory_may_end_while_helpers_are_asked_for) {
    std::vector<std::thread> helpers;
    {
        Team team(4, [&](std::function<void()> help) {
            if (!helpers.empty()) throw std::bad_alloc();
            helpers.emplace_back(std::move(help));
        });
        std::atomic<int> sum{0};
        team.run(100, [&](int i) { sum += i; });
        EXPECT(sum == 4950);
    }
    for (std::thread& helper : helpers) helper.join();
}
