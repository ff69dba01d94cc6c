// Threads that stay together for many runs in a row.
//
// A network of fifty layers runs fifty times some tenths of a millisecond. Waking a sleeping thread for each of them, and sleeping until
// it has ended, takes as long as a tenth of that. The helpers of a team are asked for once and then watch for the next run.
#ifndef ICCONV_COMMON_TEAM_H_
#define ICCONV_COMMON_TEAM_H_

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <new>
#include <thread>

#include "common/executor.h"

namespace icconv {

// Works without any helper, since the caller of run() takes tasks too and waits only for tasks that have begun: a busy pool slows it
// down but cannot block it. For one caller at a time.
class Team final : public Executor {
public:
    // schedule: runs a function on another thread, soon, late, or after the team has gone.
    Team(int threads, const std::function<void(std::function<void()>)>& schedule) : threads_(threads), state_(std::make_shared<State>()) {
        // No memory for another helper: there is work for those that are.
        try {
            for (int helper = 1; helper < threads; ++helper) {
                schedule([state = state_] { state->help(); });
            }
        } catch (const std::bad_alloc&) {
        }
    }
    ~Team() override { state_->stop.store(true, std::memory_order_release); }
    Team(const Team&) = delete;
    Team& operator=(const Team&) = delete;

    int threads() const override { return threads_; }

protected:
    void run_all(int tasks, const std::function<void(int)>& task) override {
        for (int begin = 0; begin < tasks; begin += kMost) {
            const int count = std::min(kMost, tasks - begin);
            if (threads_ == 1 || count == 1) {
                for (int i = 0; i < count; ++i) task(begin + i);
            } else if (begin == 0) {
                batch(count, task);
            } else {
                batch(count, [&](int i) { task(begin + i); });
            }
        }
    }

private:
    // A ticket holds the number of the run, of its tasks, and of the next one, 24, 20 and 20 bits: taking a task of an earlier run fails.
    static constexpr int kBits = 20;
    static constexpr int kMost = (1 << kBits) - 1;
    // Some tens of microseconds; then others may have the processor.
    static constexpr int kSpins = 1000;

    struct State {
        std::atomic<uint64_t> ticket{0};
        std::atomic<int> done{0};
        std::atomic<bool> stop{false};
        // Written before the ticket of its run; who has a task of that run may read it.
        const std::function<void(int)>* task = nullptr;

        bool work_once() {
            uint64_t now = ticket.load(std::memory_order_acquire);
            for (;;) {
                const uint64_t next = now & kMost;
                if (next >= (now >> kBits & kMost)) return false;
                if (!ticket.compare_exchange_weak(now, now + 1, std::memory_order_acq_rel, std::memory_order_acquire)) continue;
                (*task)(static_cast<int>(next));
                done.fetch_add(1, std::memory_order_release);
                return true;
            }
        }

        void help() {
            for (int idle = 0; !stop.load(std::memory_order_acquire); idle = work_once() ? 0 : idle + 1) rest(idle);
        }
    };

    static void rest(int idle) {
        if (idle > kSpins) {
            std::this_thread::yield();
        } else if (idle > 0) {
#if defined(__x86_64__)
            _mm_pause();
#endif
        }
    }

    void batch(int tasks, const std::function<void(int)>& task) {
        State& state = *state_;
        state.task = &task;
        state.done.store(0, std::memory_order_relaxed);
        const uint64_t ticket = ++run_ << (2 * kBits) | static_cast<uint64_t>(tasks) << kBits;
        state.ticket.store(ticket, std::memory_order_release);
        while (state.work_once()) {
        }
        for (int idle = 0; state.done.load(std::memory_order_acquire) != tasks; ++idle) rest(idle);
    }

    int threads_;
    uint64_t run_ = 0;
    std::shared_ptr<State> state_;
};

}  // namespace icconv

#endif  // ICCONV_COMMON_TEAM_H_
