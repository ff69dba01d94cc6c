// A device of type GPU in host memory, so that GPU kernels of our ops run inside TensorFlow on a machine without a GPU: placement, allocation,
// stream and transfers are real. For tests with the CPU library alone: of its own ops none has a GPU kernel that could meet this stream.
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "tensorflow/core/common_runtime/device_factory.h"
#include "tensorflow/core/common_runtime/local_device.h"
#include "tensorflow/core/framework/allocator.h"
#include "tensorflow/core/public/session_options.h"
#include "xla/stream_executor/platform_manager.h"
#include "xla/stream_executor/stream.h"
#include "xla/stream_executor/stream_executor.h"

namespace {

using namespace tensorflow;

class FakeContext final : public DeviceContext {
public:
    FakeContext() {
        const auto platform = stream_executor::PlatformManager::PlatformWithName("Host");
        stream_ = (*platform)->ExecutorForDevice(0).value()->CreateStream().value();
    }
    stream_executor::Stream* stream() const override { return stream_.get(); }

    void CopyCPUTensorToDevice(const Tensor* from, Device*, Tensor* to, StatusCallback done, bool) const override { copy(from, to, done); }
    void CopyDeviceTensorToCPU(const Tensor* from, absl::string_view, Device*, Tensor* to, StatusCallback done) override { copy(from, to, done); }
    void CopyTensorInSameDevice(const Tensor* from, Device*, Tensor* to, StatusCallback done) const override { copy(from, to, done); }

private:
    static void copy(const Tensor* from, Tensor* to, const StatusCallback& done) {
        if (from->TotalBytes() > 0) std::memcpy(to->data(), from->data(), from->TotalBytes());
        done(absl::OkStatus());
    }

    std::unique_ptr<stream_executor::Stream> stream_;
};

constexpr size_t kMemory = 1 << 30;

// The host's memory, of which a tensor gets no more than a device has.
class FakeMemory final : public Allocator {
public:
    std::string Name() override { return "fake_gpu"; }
    void* AllocateRaw(size_t alignment, size_t bytes) override { return bytes > kMemory ? nullptr : cpu_allocator()->AllocateRaw(alignment, bytes); }
    void DeallocateRaw(void* p) override { cpu_allocator()->DeallocateRaw(p); }
};

class FakeGpu final : public LocalDevice {
public:
    FakeGpu(const SessionOptions& options, const DeviceAttributes& attributes) : LocalDevice(options, attributes), context_(new FakeContext) {
        info_.stream = context_->stream();
        info_.default_context = context_;
        info_.gpu_id = 0;
        set_tensorflow_accelerator_device_info(&info_);
    }
    ~FakeGpu() override { context_->Unref(); }
    Allocator* GetAllocator(AllocatorAttributes) override { return &memory_; }
    absl::Status Sync() override { return absl::OkStatus(); }
    absl::Status TryGetDeviceContext(DeviceContext** out) override {
        context_->Ref();
        *out = context_;
        return absl::OkStatus();
    }
    absl::Status MakeTensorFromProto(const TensorProto& proto, const AllocatorAttributes, Tensor* tensor) override {
        return tensor->FromProto(proto) ? absl::OkStatus() : absl::InvalidArgumentError("no tensor");
    }

private:
    FakeContext* context_;
    FakeMemory memory_;
    AcceleratorDeviceInfo info_;
};

}  // namespace

// MiB that the context made last was limited to; 0 without a limit.
float icconv_fake_gpu_limit = 0;

namespace {

class Factory final : public DeviceFactory {
public:
    absl::Status ListPhysicalDevices(std::vector<std::string>* devices) override {
        devices->push_back("/physical_device:GPU:0");
        return absl::OkStatus();
    }
    absl::Status CreateDevices(const SessionOptions& options, const std::string& prefix, std::vector<std::unique_ptr<Device>>* devices) override {
        const auto& limits = options.config.gpu_options().experimental().virtual_devices();
        icconv_fake_gpu_limit = limits.empty() ? 0 : limits[0].memory_limit_mb(0);
        const auto attributes = Device::BuildDeviceAttributes(prefix + "/device:GPU:0", DEVICE_GPU, Bytes(kMemory), DeviceLocality(), "fake");
        devices->push_back(std::make_unique<FakeGpu>(options, attributes));
        return absl::OkStatus();
    }
};

const bool registered = [] {
    DeviceFactory::Register(DEVICE_GPU, std::make_unique<Factory>(), 500, true);
    return true;
}();

}  // namespace
