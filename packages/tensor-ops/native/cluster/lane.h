// Threads that do one piece of work after the other, in the order of asking.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>

namespace cluster {

// Of the same order on all workers nobody waits in a circle. Lives as long as the process: work may wait for others when that ends.
class Lane {
public:
    explicit Lane(int threads) {
        for (int i = 0; i < threads; ++i) std::thread([this] { run(); }).detach();
    }
    void add(std::function<void()> work) {
        const std::lock_guard<std::mutex> lock(mutex_);
        waiting_.push_back(std::move(work));
        wake_.notify_one();
    }

private:
    void run() {
        for (;;) {
            std::unique_lock<std::mutex> lock(mutex_);
            wake_.wait(lock, [this] { return !waiting_.empty(); });
            const std::function<void()> work = std::move(waiting_.front());
            waiting_.pop_front();
            lock.unlock();
            work();
        }
    }

    std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<std::function<void()>> waiting_;
};

}  // namespace cluster
