// Whether the other workers are there.
#pragma once

#include <condition_variable>
#include <mutex>
#include <utility>

#include "binding.h"

namespace cluster {

void check_peer_health(int32_t index, int64_t limit_ms, const Status& status);

// Everything that waits, and all that is called later, fails with this message.
void abort_all(const std::string& message);

// Asks after the others on a thread of its own: JavaScript's is busy for as long as a step takes. Aborts everything at the first failure.
class Watch {
public:
    static void start(std::vector<int32_t> indices, int64_t every_ms, int64_t limit_ms);
    // Does not wait for a question that is under way.
    static void stop();
    // Index and TensorFlow's words; -1 where nobody is lost.
    static std::pair<int32_t, std::string> lost();

private:
    void run(const std::vector<int32_t>& indices, int64_t every_ms, int64_t limit_ms);
    static std::shared_ptr<Watch>& current();

    std::mutex mutex_;
    std::condition_variable wake_;
    bool stopped_ = false;
    int32_t lost_ = -1;
    std::string message_;
};

}  // namespace cluster
