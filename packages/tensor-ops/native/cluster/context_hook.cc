// Linked into tfjs_binding.node beside tfjs-node-gpu's own unchanged sources, with two functions of these wrapped by the linker: so that
// collectives are enabled before the binding reads its device's name, which they change to /job:worker/replica:0/task:N/device:CPU:0,
// and so that binding.h reaches the binding's context and tensors. Without ICCONV_CLUSTER nothing is different. functions.cc finds the context here.
// The context also learns here how much memory of a GPU it may take, ICCONV_GPU_LIMIT in MiB, for which TensorFlow has no variable of the environment.
#include <cstdint>
#include <cstdlib>
#include <sstream>
#include <string>
#include <unordered_map>

#include "binding/tfjs_backend.h"
#include "cluster/gpu_memory.h"
#include "tensorflow/c/c_api_experimental.h"
#include "tensorflow/core/protobuf/tensorflow_server.pb.h"

using tfnodejs::TFJSBackend;

// The legal way to name private members: an explicit instantiation may.
template <auto Map, auto Insert>
struct Members {
    friend std::unordered_map<int32_t, TFE_TensorHandle*>& handles_of(TFJSBackend* backend) { return backend->*Map; }
    friend int32_t insert_into(TFJSBackend* backend, TFE_TensorHandle* handle) { return (backend->*Insert)(handle); }
};
std::unordered_map<int32_t, TFE_TensorHandle*>& handles_of(TFJSBackend*);
int32_t insert_into(TFJSBackend*, TFE_TensorHandle*);
template struct Members<&TFJSBackend::tfe_handle_map_, &TFJSBackend::InsertHandle>;

namespace {

TFE_Context* context = nullptr;
TFJSBackend* backend = nullptr;
bool enabled = false;
std::string failure;

// The cluster as TensorFlow describes one. `workers`: host:port,host:port; the one at `index` is this process.
std::string server_def(const char* workers, int index) {
    tensorflow::ServerDef def;
    auto* job = def.mutable_cluster()->add_job();
    job->set_name("worker");
    std::stringstream names(workers);
    int count = 0;
    for (std::string name; std::getline(names, name, ',');) (*job->mutable_tasks())[count++] = name;
    def.set_job_name("worker");
    def.set_task_index(index);
    def.set_protocol("grpc");
    auto* options = def.mutable_default_session_config()->mutable_experimental();
    options->set_collective_group_leader("/job:worker/replica:0/task:0");
    // A message is one string: TensorFlow's own choice, strings of 4 KB, takes an eighth more of the processors.
    options->set_recv_buf_max_chunk(-1);
    return def.SerializeAsString();
}

// A failure is kept for joinCluster: the binding has no words for one, and the context serves this process alone all the same.
void enable_collectives(const char* workers, const char* index) {
    const std::string def = server_def(workers, index == nullptr ? 0 : std::atoi(index));
    TF_Status* status = TF_NewStatus();
    TFE_EnableCollectiveOps(context, def.data(), def.size(), status);
    enabled = TF_GetCode(status) == TF_OK;
    if (!enabled) failure = TF_Message(status);
    TF_DeleteStatus(status);
}

}  // namespace

extern "C" {

TFE_Context* __real_TFE_NewContext(const TFE_ContextOptions*, TF_Status*);
TFE_Context* __wrap_TFE_NewContext(const TFE_ContextOptions* options, TF_Status* status) {
    if (const char* mib = std::getenv("ICCONV_GPU_LIMIT")) {
        const std::string config = icconv::gpu_memory_config(std::atoi(mib));
        // The binding's own, which it does not read again.
        TFE_ContextOptionsSetConfig(const_cast<TFE_ContextOptions*>(options), config.data(), config.size(), status);
        if (TF_GetCode(status) != TF_OK) return nullptr;
    }
    context = __real_TFE_NewContext(options, status);
    const char* workers = std::getenv("ICCONV_CLUSTER");
    if (TF_GetCode(status) == TF_OK && workers != nullptr) enable_collectives(workers, std::getenv("ICCONV_CLUSTER_INDEX"));
    return context;
}

// TFJSBackend::Create(napi_env)
TFJSBackend* __real__ZN8tfnodejs11TFJSBackend6CreateEP10napi_env__(napi_env);
TFJSBackend* __wrap__ZN8tfnodejs11TFJSBackend6CreateEP10napi_env__(napi_env env) {
    return backend = __real__ZN8tfnodejs11TFJSBackend6CreateEP10napi_env__(env);
}

// For binding/functions.cc.
TFE_Context* icconv_context() { return context; }
// For binding.h. The context is null where no cluster was asked for, or where it could not be entered: then there is a reason.
TFE_Context* icconv_cluster_context() { return enabled ? context : nullptr; }
const char* icconv_cluster_failure() { return failure.c_str(); }
TFE_TensorHandle* icconv_tensor_handle(int32_t id) {
    const auto found = handles_of(backend).find(id);
    return found == handles_of(backend).end() ? nullptr : found->second;
}
int32_t icconv_insert_handle(TFE_TensorHandle* handle) { return insert_into(backend, handle); }
}
