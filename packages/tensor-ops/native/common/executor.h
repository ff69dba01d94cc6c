// How a kernel reaches threads without knowing whose they are.
//
// TensorFlow's worker pool implements this in the binding, std::thread in the native tests and benchmarks.
#ifndef ICCONV_COMMON_EXECUTOR_H_
#define ICCONV_COMMON_EXECUTOR_H_

#include <functional>

namespace icconv {

class Executor {
public:
    virtual ~Executor() = default;

    // Number of threads that may work at once, at least 1.
    virtual int threads() const = 0;

    // Calls task(i) once for every i in [0, tasks), on any thread and in any order, and returns when all are done.
    // Tasks must not call run() themselves.
    virtual void run(int tasks, const std::function<void(int)>& task) = 0;
};

// Runs everything on the calling thread.
class SerialExecutor final : public Executor {
public:
    int threads() const override { return 1; }
    void run(int tasks, const std::function<void(int)>& task) override {
        for (int i = 0; i < tasks; ++i) task(i);
    }
};

}  // namespace icconv

#endif  // ICCONV_COMMON_EXECUTOR_H_
