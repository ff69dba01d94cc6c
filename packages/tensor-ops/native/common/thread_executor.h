// An Executor over std::thread, for native tests and benchmarks (inside Node, TensorFlow's own pool is used).
#ifndef ICCONV_COMMON_THREAD_EXECUTOR_H_
#define ICCONV_COMMON_THREAD_EXECUTOR_H_

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "common/executor.h"

namespace icconv {

class ThreadExecutor final : public Executor {
public:
    explicit ThreadExecutor(int threads) : threads_(threads < 1 ? 1 : threads) {
        for (int i = 1; i < threads_; ++i) {
            workers_.emplace_back([this] { work(); });
        }
    }

    ~ThreadExecutor() override {
        {
            std::lock_guard<std::mutex> lock(mutex_);
            stop_ = true;
        }
        wake_.notify_all();
        for (std::thread& worker : workers_) worker.join();
    }

    int threads() const override { return threads_; }

protected:
    void run_all(int tasks, const std::function<void(int)>& task) override {
        {
            std::lock_guard<std::mutex> lock(mutex_);
            task_ = &task;
            tasks_ = tasks;
            next_.store(0);
            busy_ = threads_ - 1;
            ++generation_;
        }
        wake_.notify_all();
        drain(task, tasks);
        std::unique_lock<std::mutex> lock(mutex_);
        done_.wait(lock, [this] { return busy_ == 0; });
    }

private:
    void drain(const std::function<void(int)>& task, int tasks) {
        for (int i = next_.fetch_add(1); i < tasks; i = next_.fetch_add(1)) task(i);
    }

    void work() {
        long seen = 0;
        for (;;) {
            const std::function<void(int)>* task;
            int tasks;
            {
                std::unique_lock<std::mutex> lock(mutex_);
                wake_.wait(lock, [&] { return stop_ || generation_ != seen; });
                if (stop_) return;
                seen = generation_;
                task = task_;
                tasks = tasks_;
            }
            drain(*task, tasks);
            std::lock_guard<std::mutex> lock(mutex_);
            if (--busy_ == 0) done_.notify_one();
        }
    }

    const int threads_;
    std::vector<std::thread> workers_;
    std::mutex mutex_;
    std::condition_variable wake_;
    std::condition_variable done_;
    const std::function<void(int)>* task_ = nullptr;
    int tasks_ = 0;
    std::atomic<int> next_{0};
    int busy_ = 0;
    long generation_ = 0;
    bool stop_ = false;
};

}  // namespace icconv

#endif  // ICCONV_COMMON_THREAD_EXECUTOR_H_
