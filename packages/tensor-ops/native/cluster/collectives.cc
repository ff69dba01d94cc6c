// A Node-API module of its own, loaded by a worker of a cluster alone: TensorFlow's collective operations on the binding's tensors.
// They run on libuv's threads, each until all workers have called it; tensors go in and out by the binding's ids.
//
//   open(bindingFile)                        throws where the binding was loaded outside a cluster, or could not enter it
//   allReduceMean(ids, call) -> ids          of all together, as one message
//   broadcast(ids, call) -> ids              one tensor; `call.source`: whether it is this worker's
//   gather(ids, call) -> ids                 one tensor, joined along its first axis
//   checkPeer(index, limitMs)                rejected when the worker is gone, or does not answer in time
//   watch(indices, everyMs, limitMs)         a thread that does so again and again, and aborts everything at the first failure
//   lost() -> [index, message]               what the watch has found, or undefined
//   unwatch(), abort(message)
//
// `call`: { size, group, instance, timeout (seconds), cpu (device's name or ''), source }
#include <dlfcn.h>
#include <node_api.h>

#include <chrono>
#include <condition_variable>
#include <cstring>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tensorflow/c/c_api.h"
#include "tensorflow/c/c_api_experimental.h"
#include "tensorflow/c/eager/c_api.h"

namespace {

// What context_hook.cc has.
struct Binding {
    TFE_Context* (*context)() = nullptr;
    const char* (*failure)() = nullptr;
    TFE_TensorHandle* (*tensor_handle)(int32_t) = nullptr;
    int32_t (*insert_handle)(TFE_TensorHandle*) = nullptr;
} binding;

struct Failure {
    std::string message;
};

struct Status {
    TF_Status* status = TF_NewStatus();
    Status() = default;
    Status(const Status&) = delete;
    Status& operator=(const Status&) = delete;
    ~Status() { TF_DeleteStatus(status); }
    bool ok() const { return TF_GetCode(status) == TF_OK; }
    void check() const {
        if (!ok()) throw Failure{TF_Message(status)};
    }
};

struct DeleteHandle {
    void operator()(TFE_TensorHandle* handle) const { TFE_DeleteTensorHandle(handle); }
};
using Handle = std::unique_ptr<TFE_TensorHandle, DeleteHandle>;
using Handles = std::vector<Handle>;

// ---- Operations ----

struct Call {
    int32_t size, group, instance;
    double timeout;
    std::string cpu;
    bool source;
};

template <typename T>
Handle constant(TF_DataType type, const std::vector<int64_t>& dims, const std::vector<T>& values) {
    const size_t bytes = values.size() * sizeof(T);
    TF_Tensor* tensor = TF_AllocateTensor(type, dims.data(), static_cast<int>(dims.size()), bytes);
    std::memcpy(TF_TensorData(tensor), values.data(), bytes);
    const Status status;
    Handle handle(TFE_NewTensorHandle(tensor, status.status));
    TF_DeleteTensor(tensor);
    status.check();
    return handle;
}
Handle scalar(int32_t value) { return constant<int32_t>(TF_INT32, {}, {value}); }
Handle vector_of(const std::vector<int64_t>& values) {
    return constant<int64_t>(TF_INT64, {static_cast<int64_t>(values.size())}, values);
}

std::vector<int64_t> dims_of(const Handle& handle) {
    const Status status;
    std::vector<int64_t> dims(TFE_TensorHandleNumDims(handle.get(), status.status));
    for (size_t i = 0; i < dims.size(); ++i) dims[i] = TFE_TensorHandleDim(handle.get(), static_cast<int>(i), status.status);
    status.check();
    return dims;
}

// One op of TensorFlow's under construction.
class Op {
public:
    explicit Op(const char* name) : op_(TFE_NewOp(binding.context(), name, status_.status)) { status_.check(); }
    Op(const Op&) = delete;
    Op& operator=(const Op&) = delete;
    ~Op() { TFE_DeleteOp(op_); }

    Op& input(const Handle& handle) {
        TFE_OpAddInput(op_, handle.get(), status_.status);
        status_.check();
        return *this;
    }
    Op& type(const char* name, TF_DataType value) { return TFE_OpSetAttrType(op_, name, value), *this; }
    Op& number(const char* name, int64_t value) { return TFE_OpSetAttrInt(op_, name, value), *this; }
    Op& text(const char* name, const std::string& value) { return TFE_OpSetAttrString(op_, name, value.data(), value.size()), *this; }

    // Inputs and attributes that every collective has; the keys are inputs after its tensor.
    Op& collective(const Call& call, TF_DataType of) {
        input(scalar(call.size)).input(scalar(call.group)).input(scalar(call.instance)).type("T", of);
        // Rings between CPUs, NCCL between GPUs.
        text("communication_hint", "auto");
        TFE_OpSetAttrFloat(op_, "timeout_seconds", static_cast<float>(call.timeout));
        if (!call.cpu.empty()) TFE_OpSetDevice(op_, call.cpu.c_str(), status_.status);
        status_.check();
        return *this;
    }

    Handles run(int outputs = 1) {
        std::vector<TFE_TensorHandle*> raw(outputs, nullptr);
        TFE_Execute(op_, raw.data(), &outputs, status_.status);
        status_.check();
        return Handles(raw.begin(), raw.end());
    }

private:
    Status status_;
    TFE_Op* op_;
};

Handle reshape(const Handle& tensor, const std::vector<int64_t>& dims) {
    const TF_DataType type = TFE_TensorHandleDataType(tensor.get());
    return std::move(Op("Reshape").input(tensor).input(vector_of(dims)).type("T", type).type("Tshape", TF_INT64).run()[0]);
}

Handle reduce(const Handle& tensor, const Call& call) {
    Op op("CollectiveReduceV2");
    op.input(tensor).collective(call, TF_FLOAT).text("merge_op", "Add").text("final_op", "Div").number("Nordering_token", 0);
    return std::move(op.run()[0]);
}

// Flattened, joined, reduced, split, restored: by TensorFlow's ops, so that tensors stay on their device.
Handles reduce_together(const Handles& tensors, const Call& call) {
    Handles result;
    if (tensors.size() == 1) {
        result.push_back(reduce(tensors[0], call));
        return result;
    }
    const auto count = static_cast<int64_t>(tensors.size());
    std::vector<int64_t> sizes;
    Op concat("ConcatV2");
    for (const Handle& tensor : tensors) {
        const Handle flat = reshape(tensor, {-1});
        sizes.push_back(dims_of(flat)[0]);
        concat.input(flat);
    }
    concat.input(scalar(0)).type("T", TF_FLOAT).number("N", count).type("Tidx", TF_INT32);
    const Handle mean = reduce(concat.run()[0], call);
    Op split("SplitV");
    split.input(mean).input(vector_of(sizes)).input(scalar(0));
    split.type("T", TF_FLOAT).number("num_split", count).type("Tlen", TF_INT64);
    const Handles parts = split.run(static_cast<int>(count));
    for (size_t i = 0; i < parts.size(); ++i) result.push_back(reshape(parts[i], dims_of(tensors[i])));
    return result;
}

// A receiver's tensor gives the shape.
Handles broadcast_one(const Handles& tensors, const Call& call) {
    const TF_DataType type = TFE_TensorHandleDataType(tensors[0].get());
    if (call.source) return Op("CollectiveBcastSendV2").input(tensors[0]).collective(call, type).run();
    Op receive("CollectiveBcastRecvV2");
    receive.collective(call, type).input(vector_of(dims_of(tensors[0]))).type("Tshape", TF_INT64);
    return receive.run();
}

Handles gather_one(const Handles& tensors, const Call& call) {
    Op op("CollectiveGatherV2");
    op.input(tensors[0]).collective(call, TFE_TensorHandleDataType(tensors[0].get())).number("Nordering_token", 0);
    return op.run();
}

// ---- Peers ----

std::string task_name(int32_t index) { return "/job:worker/replica:0/task:" + std::to_string(index); }

void check_peer_health(int32_t index, int64_t limit_ms, const Status& status) {
    TFE_CollectiveOpsCheckPeerHealth(binding.context(), task_name(index).c_str(), limit_ms, status.status);
}

// Everything that waits, and all that is called later, fails with this message.
void abort_all(const std::string& message) {
    const Status status;
    TF_SetStatus(status.status, TF_UNAVAILABLE, message.c_str());
    TFE_AbortCollectiveOps(binding.context(), status.status);
}

// Asks after the others on a thread of its own: JavaScript's is busy for as long as a step takes, and libuv's wait in collectives.
class Watch {
public:
    static void start(std::vector<int32_t> indices, int64_t every_ms, int64_t limit_ms) {
        stop();
        current() = std::make_shared<Watch>();
        std::thread([watch = current(), indices = std::move(indices), every_ms, limit_ms] {
            watch->run(indices, every_ms, limit_ms);
        }).detach();
    }
    // Does not wait for a question that is under way.
    static void stop() {
        if (current() == nullptr) return;
        const std::lock_guard<std::mutex> lock(current()->mutex_);
        current()->stopped_ = true;
        current()->wake_.notify_all();
    }
    static std::shared_ptr<Watch>& current() {
        static auto* watch = new std::shared_ptr<Watch>();
        return *watch;
    }
    std::pair<int32_t, std::string> lost() {
        const std::lock_guard<std::mutex> lock(mutex_);
        return {lost_, message_};
    }

private:
    void run(const std::vector<int32_t>& indices, int64_t every_ms, int64_t limit_ms) {
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

    std::mutex mutex_;
    std::condition_variable wake_;
    bool stopped_ = false;
    int32_t lost_ = -1;
    std::string message_;
};

// ---- Node ----

// Reads arguments; a call of another shape is a fault of collectives/native-collectives.ts.
class Arguments {
public:
    Arguments(napi_env env, napi_callback_info info) : env_(env) { napi_get_cb_info(env, info, &count_, values_, nullptr, nullptr); }

    double number(size_t at) const { return to_number(values_[at]); }
    std::string text(size_t at) const { return to_text(values_[at]); }
    std::vector<int32_t> numbers(size_t at) const {
        uint32_t length = 0;
        napi_get_array_length(env_, values_[at], &length);
        std::vector<int32_t> result;
        for (uint32_t i = 0; i < length; ++i) {
            napi_value element;
            napi_get_element(env_, values_[at], i, &element);
            result.push_back(static_cast<int32_t>(to_number(element)));
        }
        return result;
    }
    Call call(size_t at) const {
        bool source = false;
        napi_get_value_bool(env_, field(at, "source"), &source);
        const auto whole = [&](const char* name) { return static_cast<int32_t>(to_number(field(at, name))); };
        return {whole("size"), whole("group"), whole("instance"), to_number(field(at, "timeout")), to_text(field(at, "cpu")), source};
    }

private:
    napi_value field(size_t at, const char* name) const {
        napi_value value;
        napi_get_named_property(env_, values_[at], name, &value);
        return value;
    }
    double to_number(napi_value value) const {
        double result = 0;
        napi_get_value_double(env_, value, &result);
        return result;
    }
    std::string to_text(napi_value value) const {
        size_t length = 0;
        napi_get_value_string_utf8(env_, value, nullptr, 0, &length);
        std::string result(length, '\0');
        napi_get_value_string_utf8(env_, value, result.data(), length + 1, &length);
        return result;
    }

    napi_env env_;
    size_t count_ = 3;
    napi_value values_[3] = {};
};

napi_value text_value(napi_env env, const std::string& text) {
    napi_value value;
    napi_create_string_utf8(env, text.c_str(), text.size(), &value);
    return value;
}

napi_value undefined(napi_env env) {
    napi_value value;
    napi_get_undefined(env, &value);
    return value;
}

struct Job {
    napi_async_work work = nullptr;
    napi_deferred deferred = nullptr;
    Handles inputs, outputs;
    std::function<Handles(const Handles&)> body;
    bool failed = false;
    std::string error;
};

void execute(napi_env, void* data) {
    auto* job = static_cast<Job*>(data);
    try {
        job->outputs = job->body(job->inputs);
    } catch (const Failure& failure) {
        job->failed = true;
        job->error = failure.message;
    } catch (const std::exception& error) {
        job->failed = true;
        job->error = error.what();
    }
}

void complete(napi_env env, napi_status, void* data) {
    const std::unique_ptr<Job> job(static_cast<Job*>(data));
    napi_delete_async_work(env, job->work);
    napi_value result;
    if (job->failed) {
        napi_create_error(env, nullptr, text_value(env, job->error), &result);
        napi_reject_deferred(env, job->deferred, result);
        return;
    }
    napi_create_array_with_length(env, job->outputs.size(), &result);
    for (size_t i = 0; i < job->outputs.size(); ++i) {
        napi_value id;
        napi_create_int32(env, binding.insert_handle(job->outputs[i].release()), &id);
        napi_set_element(env, result, static_cast<uint32_t>(i), id);
    }
    napi_resolve_deferred(env, job->deferred, result);
}

// A promise of what `body` makes of the tensors, of which it has its own handles: JavaScript may dispose of its ones meanwhile.
napi_value start(napi_env env, const std::vector<int32_t>& ids, std::function<Handles(const Handles&)> body) {
    auto job = std::make_unique<Job>();
    job->body = std::move(body);
    for (const int32_t id : ids) {
        const Status status;
        TFE_TensorHandle* own = binding.tensor_handle(id);
        if (own != nullptr) job->inputs.emplace_back(TFE_TensorHandleCopySharingTensor(own, status.status));
        if (own == nullptr || !status.ok()) {
            napi_throw_error(env, nullptr, "internal: no such tensor");
            return nullptr;
        }
    }
    napi_value promise;
    napi_create_promise(env, &job->deferred, &promise);
    napi_create_async_work(env, nullptr, text_value(env, "collective"), execute, complete, job.get(), &job->work);
    napi_queue_async_work(env, job->work);
    job.release();
    return promise;
}

napi_value open(napi_env env, napi_callback_info info) {
    void* library = dlopen(Arguments(env, info).text(0).c_str(), RTLD_NOLOAD | RTLD_LAZY);
    const auto find = [&](auto& function, const char* name) {
        function = reinterpret_cast<std::decay_t<decltype(function)>>(library == nullptr ? nullptr : dlsym(library, name));
        return function != nullptr;
    };
    if (!find(binding.context, "icconv_cluster_context") || !find(binding.failure, "icconv_cluster_failure") ||
        !find(binding.tensor_handle, "icconv_tensor_handle") || !find(binding.insert_handle, "icconv_insert_handle")) {
        napi_throw_error(env, nullptr, "internal: the binding is not loaded, or is another one");
    } else if (binding.context() == nullptr) {
        napi_throw_error(env, nullptr, binding.failure());
    }
    return nullptr;
}

template <Handles (*Run)(const Handles&, const Call&)>
napi_value collective(napi_env env, napi_callback_info info) {
    const Arguments arguments(env, info);
    return start(env, arguments.numbers(0), [call = arguments.call(1)](const Handles& tensors) { return Run(tensors, call); });
}

napi_value check_peer(napi_env env, napi_callback_info info) {
    const Arguments arguments(env, info);
    const auto index = static_cast<int32_t>(arguments.number(0));
    const auto limit_ms = static_cast<int64_t>(arguments.number(1));
    return start(env, {}, [index, limit_ms](const Handles&) {
        const Status status;
        check_peer_health(index, limit_ms, status);
        status.check();
        return Handles();
    });
}

napi_value watch(napi_env env, napi_callback_info info) {
    const Arguments arguments(env, info);
    Watch::start(arguments.numbers(0), static_cast<int64_t>(arguments.number(1)), static_cast<int64_t>(arguments.number(2)));
    return undefined(env);
}

napi_value unwatch(napi_env env, napi_callback_info) {
    Watch::stop();
    return undefined(env);
}

napi_value lost(napi_env env, napi_callback_info) {
    if (Watch::current() == nullptr) return undefined(env);
    const auto [index, message] = Watch::current()->lost();
    if (index < 0) return undefined(env);
    napi_value result, number;
    napi_create_int32(env, index, &number);
    napi_create_array_with_length(env, 2, &result);
    napi_set_element(env, result, 0, number);
    napi_set_element(env, result, 1, text_value(env, message));
    return result;
}

napi_value abort(napi_env env, napi_callback_info info) {
    abort_all(Arguments(env, info).text(0));
    return undefined(env);
}

napi_value init(napi_env env, napi_value exports) {
    const std::pair<const char*, napi_callback> functions[] = {
        {"open", open},
        {"allReduceMean", collective<reduce_together>},
        {"broadcast", collective<broadcast_one>},
        {"gather", collective<gather_one>},
        {"checkPeer", check_peer},
        {"watch", watch},
        {"unwatch", unwatch},
        {"lost", lost},
        {"abort", abort},
    };
    for (const auto& [name, callback] : functions) {
        napi_value function;
        napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, nullptr, &function);
        napi_set_named_property(env, exports, name, function);
    }
    return exports;
}

}  // namespace

NAPI_MODULE(icconv_collectives, init)
