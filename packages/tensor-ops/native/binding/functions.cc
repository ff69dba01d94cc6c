// Functions of TensorFlow in the context of TensorFlow.js' binding: many ops that one call runs, in TensorFlow's executor and on its devices. A
// function comes as the text of a FunctionDef (src/kernel/functions.ts writes it) and is then an op like others, by its name.
#include "binding/functions.h"

#include <dlfcn.h>

#include <string>

#include "google/protobuf/text_format.h"
#include "tensorflow/c/c_api.h"
#include "tensorflow/c/eager/c_api.h"
#include "tensorflow/core/framework/function.pb.h"

namespace icconv {
namespace {

// Of native/cluster/context_hook.cc. Null until the binding is opened, and where it is one without the hook.
TFE_Context* (*binding_context)() = nullptr;

// The string that a function is called with. False with an error thrown where it is none.
bool string_argument(napi_env env, napi_callback_info info, std::string* text) {
    size_t argc = 1, length = 0;
    napi_value argument;
    if (napi_get_cb_info(env, info, &argc, &argument, nullptr, nullptr) != napi_ok || argc != 1 ||
        napi_get_value_string_utf8(env, argument, nullptr, 0, &length) != napi_ok) {
        napi_throw_type_error(env, nullptr, "expected one string");
        return false;
    }
    text->resize(length);
    napi_get_value_string_utf8(env, argument, text->data(), length + 1, &length);
    return true;
}

// Throws what a call of TensorFlow's C interface says.
template <typename Call>
void in_context(napi_env env, const Call& call) {
    TFE_Context* const context = binding_context == nullptr ? nullptr : binding_context();
    if (context == nullptr) {
        napi_throw_error(env, nullptr, "internal: the binding is not opened");
        return;
    }
    TF_Status* const status = TF_NewStatus();
    call(context, status);
    if (TF_GetCode(status) != TF_OK) napi_throw_error(env, nullptr, TF_Message(status));
    TF_DeleteStatus(status);
}

}  // namespace

napi_value open_binding(napi_env env, napi_callback_info info) {
    std::string file;
    if (!string_argument(env, info, &file)) return nullptr;
    void* const library = dlopen(file.c_str(), RTLD_NOLOAD | RTLD_LAZY);
    binding_context = reinterpret_cast<TFE_Context* (*)()>(library == nullptr ? nullptr : dlsym(library, "icconv_context"));
    napi_value found;
    napi_get_boolean(env, binding_context != nullptr && binding_context() != nullptr, &found);
    return found;
}

napi_value add_function(napi_env env, napi_callback_info info) {
    std::string text;
    if (!string_argument(env, info, &text)) return nullptr;
    tensorflow::FunctionDef function;
    if (!google::protobuf::TextFormat::ParseFromString(text, &function)) {
        napi_throw_error(env, nullptr, "internal: no FunctionDef");
        return nullptr;
    }
    const std::string bytes = function.SerializeAsString();
    in_context(env, [&](TFE_Context* context, TF_Status* status) { TFE_ContextAddFunctionDef(context, bytes.data(), bytes.size(), status); });
    return nullptr;
}

napi_value remove_function(napi_env env, napi_callback_info info) {
    std::string name;
    if (!string_argument(env, info, &name)) return nullptr;
    in_context(env, [&](TFE_Context* context, TF_Status* status) { TFE_ContextRemoveFunction(context, name.c_str(), status); });
    return nullptr;
}

}  // namespace icconv
