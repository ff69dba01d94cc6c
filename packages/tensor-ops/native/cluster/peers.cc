#include "peers.h"

#include <chrono>
#include <thread>

#include "tensorflow/c/c_api_experimental.h"

namespace cluster {

void check_peer_health(int32_t index, int64_t limit_ms, const Status& status) {
    const std::string name = "/job:worker/replica:0/task:" + std::to_string(index);
    TFE_CollectiveOpsCheckPeerHealth(binding.context(), name.c_str(), limit_ms, status.status);
}

void abort_all(const std::string& message) {
    const Status status;
    TF_SetStatus(status.status, TF_UNAVAILABLE, message.c_str());
    TFE_AbortCollectiveOps(binding.context(), status.status);
}

std::shared_ptr<Watch>& Watch::current() {
    static auto* watch = new std::shared_ptr<Watch>();
    return *watch;
}

void Watch::start(std::vector<int32_t> indices, int64_t every_ms, int64_t limit_ms) {
    stop();
    current() = std::make_shared<Watch>();
    std::thread([watch = current(), indices = std::move(indices), every_ms, limit_ms] {
        watch->run(indices, every_ms, limit_ms);
    }).detach();
}

void Watch::stop() {
    if (current() == nullptr) return;
    const std::lock_guard<std::mutex> lock(current()->mutex_);
    current()->stopped_ = true;
    current()->wake_.notify_all();
}

std::pair<int32_t, std::string> Watch::lost() {
    if (current() == nullptr) return {-1, ""};
    const std::lock_guard<std::mutex> lock(current()->mutex_);
    return {current()->lost_, current()->message_};
}

void Watch::run(const std::vector<int32_t>& indices, int64_t every_ms, int64_t limit_ms) {
    std::unique_lock<std::mutex> lock(mutex_);
    while (!wake_.wait_for(lock, std::chrono::milliseconds(every_ms), [this] { return stopped_; })) {
        for (const int32_t index : indices) {
            lock.unlock();
            const Status status;
            check_peer_health(index, limit_ms, status);
            lock.lock();
            if (stopped_) return;
            if (status.ok()) continue;
            lost_ = index;
            message_ = TF_Message(status.status);
            lock.unlock();
            abort_all("worker " + std::to_string(index) + " is lost");
            return;
        }
    }
}

}  // namespace cluster
