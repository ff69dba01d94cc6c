// How a kernel reaches threads without knowing whose they are.
//
// TensorFlow's worker pool implements this in the binding, std::thread in the native tests and benchmarks.
#ifndef ICCONV_COMMON_EXECUTOR_H_
#define ICCONV_COMMON_EXECUTOR_H_

#include <atomic>
#include <exception>
#include <functional>

namespace icconv {

class Executor {
public:
    virtual ~Executor() = default;

    // Number of threads that may work at once, at least 1.
    virtual int threads() const = 0;

    // Calls task(i) once for every i in [0, tasks), on any thread and in any order, and returns when all are done.
    // Tasks must not call run() themselves. What one of them throws is thrown here when all have ended; those that have not begun by then
    // are left out.
    void run(int tasks, const std::function<void(int)>& task) {
        Failure failure;
        run_all(tasks, [&](int i) { failure.watch(task, i); });
        failure.rethrow();
    }

protected:
    // As run(), for tasks that do not throw.
    virtual void run_all(int tasks, const std::function<void(int)>& task) = 0;

private:
    // The first exception of a run: one that leaves a thread of a pool would end the process.
    class Failure {
    public:
        void watch(const std::function<void(int)>& task, int i) noexcept {
            if (failed_.load(std::memory_order_relaxed)) return;
            try {
                task(i);
            } catch (...) {
                if (!failed_.exchange(true)) exception_ = std::current_exception();
            }
        }
        // When all tasks have ended: their ends happen before this.
        void rethrow() const {
            if (exception_ != nullptr) std::rethrow_exception(exception_);
        }

    private:
        std::atomic<bool> failed_{false};
        std::exception_ptr exception_;
    };
};

// Runs everything on the calling thread.
class SerialExecutor final : public Executor {
public:
    int threads() const override { return 1; }

protected:
    void run_all(int tasks, const std::function<void(int)>& task) override {
        for (int i = 0; i < tasks; ++i) task(i);
    }
};

}  // namespace icconv

#endif  // ICCONV_COMMON_EXECUTOR_H_
