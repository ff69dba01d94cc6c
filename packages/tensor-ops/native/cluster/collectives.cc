// A Node-API module of its own, loaded by a worker of a cluster alone: TensorFlow's collective operations on the binding's tensors, which
// go in and out by the binding's ids. Calls of one group run on threads of its own, in the order of asking, while JavaScript goes on.
//
//   open(bindingFile)                        throws where the binding was loaded outside a cluster, or could not enter it
//   allReduceMean(ids, call) -> ids          of all together, as one message
//   broadcast(ids, call) -> ids              one tensor; `call.source`: whether it is this worker's
//   gather(ids, call) -> ids                 one tensor, joined along its first axis
//   gatherNow(ids, call) -> ids              the same at once, without a promise: JavaScript waits
//   checkPeer(index, limitMs)                rejected when the worker is gone, or does not answer in time
//   watch(indices, everyMs, limitMs)         a thread that does so again and again, and aborts everything at the first failure
//   lost() -> [index, message]               what the watch has found, or undefined
//   unwatch(), abort(message)
//   endWithParent(pid)                       whether this process, whose parent has that id, will be killed when it ends
//
// `call`: { size, group, instance, timeout (seconds), cpu (device's name or ''), source }
#include <dlfcn.h>
#include <malloc.h>
#include <node_api.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <functional>
#include <map>
#include <utility>

#include "exchange.h"
#include "lane.h"
#include "peers.h"

namespace cluster {
namespace {

// Calls at a time of one group of workers, and questions to peers.
constexpr int CALLS_AT_ONCE = 3;
constexpr int QUESTIONS_AT_ONCE = 4;

// Messages are made anew in each step: memory given back to the system and faulted in again took an eighth of an exchange.
constexpr int KEPT_PIECE_BYTES = 64 << 20;
constexpr int KEPT_BYTES = 512 << 20;

Lane& lane_of(int32_t group) {
    static auto* lanes = new std::map<int32_t, Lane>();
    return lanes->try_emplace(group, CALLS_AT_ONCE).first->second;
}

Lane& questions() {
    static auto* lane = new Lane(QUESTIONS_AT_ONCE);
    return *lane;
}

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

using Body = std::function<Handles(Handles)>;

struct Job {
    napi_deferred deferred = nullptr;
    Handles inputs, outputs;
    Body body;
    bool failed = false;
    std::string error;

    void run() {
        try {
            outputs = body(std::move(inputs));
        } catch (const Failure& failure) {
            failed = true;
            error = failure.message;
        } catch (const std::exception& other) {
            failed = true;
            error = other.what();
        }
    }
};

// From threads to JavaScript; it keeps the process alive as long as jobs are under way.
napi_threadsafe_function ended = nullptr;
int under_way = 0;

napi_value ids_of(napi_env env, Handles& handles) {
    napi_value result;
    napi_create_array_with_length(env, handles.size(), &result);
    for (size_t i = 0; i < handles.size(); ++i) {
        napi_value id;
        napi_create_int32(env, binding.insert_handle(handles[i].release()), &id);
        napi_set_element(env, result, static_cast<uint32_t>(i), id);
    }
    return result;
}

napi_value error_of(napi_env env, const Job& job) {
    napi_value error;
    napi_create_error(env, nullptr, text_value(env, job.error), &error);
    return error;
}

void complete(napi_env env, napi_value, void*, void* data) {
    const std::unique_ptr<Job> job(static_cast<Job*>(data));
    if (env == nullptr) return;
    if (--under_way == 0) napi_unref_threadsafe_function(env, ended);
    if (job->failed) napi_reject_deferred(env, job->deferred, error_of(env, *job));
    else napi_resolve_deferred(env, job->deferred, ids_of(env, job->outputs));
}

// With handles of its own: JavaScript may dispose of its tensors meanwhile. Null where there is no such tensor.
std::unique_ptr<Job> job_of(napi_env env, const std::vector<int32_t>& ids, Body body) {
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
    return job;
}

// A promise of what the job's body makes.
napi_value start(napi_env env, Lane& lane, std::unique_ptr<Job> job) {
    if (job == nullptr) return nullptr;
    napi_value promise;
    napi_create_promise(env, &job->deferred, &promise);
    if (under_way++ == 0) napi_ref_threadsafe_function(env, ended);
    napi_acquire_threadsafe_function(ended);
    lane.add([job = job.release()] {
        job->run();
        // Where Node has closed it meanwhile, it is no more to be touched.
        if (napi_call_threadsafe_function(ended, job, napi_tsfn_nonblocking) == napi_ok)
            napi_release_threadsafe_function(ended, napi_tsfn_release);
    });
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
    } else {
        mallopt(M_MMAP_THRESHOLD, KEPT_PIECE_BYTES);
        mallopt(M_TRIM_THRESHOLD, KEPT_BYTES);
    }
    return nullptr;
}

template <Handles (*Run)(Handles, const Call&)>
napi_value collective(napi_env env, napi_callback_info info) {
    const Arguments arguments(env, info);
    const Call call = arguments.call(1);
    const auto body = [call](Handles tensors) { return Run(std::move(tensors), call); };
    return start(env, lane_of(call.group), job_of(env, arguments.numbers(0), body));
}

napi_value gather_now(napi_env env, napi_callback_info info) {
    const Arguments arguments(env, info);
    const Call call = arguments.call(1);
    const auto job = job_of(env, arguments.numbers(0), [call](Handles tensors) { return gather(std::move(tensors), call); });
    if (job == nullptr) return nullptr;
    job->run();
    if (!job->failed) return ids_of(env, job->outputs);
    napi_throw(env, error_of(env, *job));
    return nullptr;
}

napi_value check_peer(napi_env env, napi_callback_info info) {
    const Arguments arguments(env, info);
    const auto index = static_cast<int32_t>(arguments.number(0));
    const auto limit_ms = static_cast<int64_t>(arguments.number(1));
    const auto body = [index, limit_ms](Handles) {
        const Status status;
        check_peer_health(index, limit_ms, status);
        status.check();
        return Handles();
    };
    return start(env, questions(), job_of(env, {}, body));
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
    const auto [index, message] = Watch::lost();
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

// The system asks at the death of the thread that made this process, which is the parent's first. It may have died before.
napi_value end_with_parent(napi_env env, napi_callback_info info) {
    const auto parent = static_cast<pid_t>(Arguments(env, info).number(0));
    const bool alive = prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == parent;
    napi_value result;
    napi_get_boolean(env, alive, &result);
    return result;
}

napi_value init(napi_env env, napi_value exports) {
    napi_create_threadsafe_function(env, nullptr, nullptr, text_value(env, "collective"), 0, 1, nullptr, nullptr, nullptr, complete, &ended);
    napi_unref_threadsafe_function(env, ended);
    const std::pair<const char*, napi_callback> functions[] = {
        {"open", open},
        {"allReduceMean", collective<all_reduce_mean>},
        {"broadcast", collective<broadcast>},
        {"gather", collective<gather>},
        {"gatherNow", gather_now},
        {"checkPeer", check_peer},
        {"watch", watch},
        {"unwatch", unwatch},
        {"lost", lost},
        {"abort", abort},
        {"endWithParent", end_with_parent},
    };
    for (const auto& [name, callback] : functions) {
        napi_value function;
        napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, nullptr, &function);
        napi_set_named_property(env, exports, name, function);
    }
    return exports;
}

}  // namespace
}  // namespace cluster

NAPI_MODULE(icconv_collectives, cluster::init)
