#include "common/team.h"

#include <atomic>
#include <functional>
#include <thread>
#include <vector>

#include "common/test.h"

namespace {

using namespace icconv;

// Every task once and before run() returns, also where runs follow one another at once.
void check_runs(Team& team) {
    test::Random random(7);
    for (int round = 0; round < 2000; ++round) {
        const int tasks = random.below(9);
        std::vector<int> seen(tasks, 0);
        team.run(tasks, [&](int i) { seen[i] += round + 1; });
        for (int count : seen) EXPECT(count == round + 1);
    }
}

}  // namespace

TEST(team_runs_every_task_once) {
    std::vector<std::thread> threads;
    {
        Team team(3, [&](std::function<void()> help) { threads.emplace_back(std::move(help)); });
        EXPECT(team.threads() == 3);
        check_runs(team);
    }
    for (std::thread& thread : threads) thread.join();
}

TEST(team_does_without_helpers) {
    std::vector<std::function<void()>> late;
    {
        Team team(2, [&](std::function<void()> help) { late.push_back(std::move(help)); });
        check_runs(team);
    }
    // One that starts after the team has gone finds nothing to do.
    for (const auto& help : late) help();
    EXPECT(late.size() == 1);
}

TEST(team_takes_more_tasks_than_a_ticket_holds) {
    Team team(2, [](std::function<void()>) {});
    std::atomic<long> sum{0};
    const int tasks = (1 << 20) + 5;
    team.run(tasks, [&](int i) { sum += i; });
    EXPECT(sum == static_cast<long>(tasks) * (tasks - 1) / 2);
}
