// What context_hook.cc has, for the collectives' own module, and TensorFlow's status and handles as C++ has them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tensorflow/c/c_api.h"
#include "tensorflow/c/eager/c_api.h"

namespace cluster {

struct Binding {
    TFE_Context* (*context)() = nullptr;
    const char* (*failure)() = nullptr;
    TFE_TensorHandle* (*tensor_handle)(int32_t) = nullptr;
    int32_t (*insert_handle)(TFE_TensorHandle*) = nullptr;
};
inline Binding binding;

// Every failure within the module.
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

}  // namespace cluster
