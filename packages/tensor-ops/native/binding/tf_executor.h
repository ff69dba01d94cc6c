// TensorFlow's intra-op thread pool as an Executor.
#ifndef ICCONV_BINDING_TF_EXECUTOR_H_
#define ICCONV_BINDING_TF_EXECUTOR_H_

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <new>

#include "common/executor.h"
#include "tensorflow/core/framework/op_kernel.h"
#include "tensorflow/core/platform/threadpool.h"

namespace icconv {

// Tasks are taken from a counter by the calling thread and by helpers in the pool. The caller works too and waits only for tasks
// that have begun, so a busy pool slows it down but cannot block it.
class TfExecutor final : public Executor {
public:
    explicit TfExecutor(tensorflow::OpKernelContext* context) {
        const auto* cpu = context->device()->tensorflow_cpu_worker_threads();
        if (cpu != nullptr && cpu->workers != nullptr) {
            pool_ = cpu->workers;
            threads_ = std::max(1, pool_->NumThreads());
        }
    }

    int threads() const override { return threads_; }

protected:
    void run_all(int tasks, const std::function<void(int)>& task) override {
        const int helpers = std::min(threads_, tasks) - 1;
        if (helpers <= 0) {
            for (int i = 0; i < tasks; ++i) task(i);
            return;
        }
        // Shared, because a helper may start after run() has returned; it then finds nothing left and does not touch `task`.
        const auto work = std::make_shared<Work>();
        work->tasks = tasks;
        work->task = &task;
        // No memory for another helper: those that there are, and this thread, do all of it.
        try {
            for (int h = 0; h < helpers; ++h) {
                pool_->Schedule([work] { work->drain(); });
            }
        } catch (const std::bad_alloc&) {
        }
        work->drain();
        std::unique_lock<std::mutex> lock(work->mutex);
        work->all_done.wait(lock, [&] { return work->done == tasks; });
    }

private:
    struct Work {
        int tasks = 0;
        const std::function<void(int)>* task = nullptr;
        std::atomic<int> next{0};
        std::mutex mutex;
        std::condition_variable all_done;
        int done = 0;

        void drain() {
            int finished = 0;
            for (int i = next.fetch_add(1); i < tasks; i = next.fetch_add(1)) {
                (*task)(i);
                ++finished;
            }
            if (finished == 0) return;
            std::lock_guard<std::mutex> lock(mutex);
            done += finished;
            if (done == tasks) all_done.notify_all();
        }
    };

    tensorflow::thread::ThreadPool* pool_ = nullptr;
    int threads_ = 1;
};

}  // namespace icconv

#endif  // ICCONV_BINDING_TF_EXECUTOR_H_
